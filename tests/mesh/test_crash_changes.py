"""The control plane is killed while it is told to change: what it acknowledged is there, whole."""

import json
import subprocess
import threading

import calls
import control_api
import pytest
from mesh import BINARIES, eventually

SPACE = "ledger"
TOGETHER = 5  # objects of one file
LONGEST = 0.12  # seconds of changes before a kill
MODES = ("require", "allow", "disable", "unset")
FILES = calls.files


def service(name, port):
    return json.dumps({"apiVersion": "v1", "kind": "Service",
                       "metadata": {"name": name, "namespace": SPACE},
                       "spec": {"selector": {"app": name}, "ports": [{"port": port}]}})


class Ledger:
    """Something that has a value: which ones it may have after a kill."""

    def __init__(self, value):
        self.allowed = [value]

    def change(self, mesh, value, wait_ms):
        """Makes the change; Unanswered means that it was made or not."""
        self.allowed.append(value)
        answer = control_api.ask(mesh, "POST", *self.request(value, wait_ms))
        self.allowed = [value]
        return answer["revision"]

    def check(self, mesh, everything):
        seen = self.seen(mesh, everything)
        assert seen in self.allowed, f"{self}: {seen}, but allowed is {self.allowed}"
        self.allowed = [seen]


class Objects(Ledger):
    """Services that are put and deleted together; the value is their port, None is absence."""

    def __init__(self, *names):
        super().__init__(None)
        self.names = names

    def __repr__(self):
        return "+".join(self.names)

    def next_value(self, chance):
        there = self.allowed[-1] is not None
        return None if there and chance.random() < 0.3 else chance.randrange(1, 65536)

    def request(self, value, wait_ms):
        text = "\n---\n".join(service(name, value or 1) for name in self.names)
        return ("objects" if value else "objects/delete",
                {"files": [{"name": "ledger.yaml", "text": text}], "wait_ms": wait_ms,
                 "force": True})  # services without workloads

    def seen(self, _, everything):
        found = [everything.get(f"Service/{SPACE}/{name}") for name in self.names]
        ports = {item and item["spec"]["ports"][0]["port"] for item in found}
        assert len(ports) == 1, f"half there: {dict(zip(self.names, found))}"
        return ports.pop()


class Mode(Ledger):
    """The mode of the namespace, by the verbs of `mortise mtls`."""

    def __init__(self, mesh):
        super().__init__("unset")
        self.rows = {}
        for value in MODES:
            self.change(mesh, value, 0)
            self.rows[value] = self.shown(mesh)
        assert len({json.dumps(rows) for rows in self.rows.values()}) == len(MODES)

    def __repr__(self):
        return "mode"

    def shown(self, mesh):
        return control_api.ask(mesh, "GET", f"mtls?resource={SPACE}")["rows"]

    def next_value(self, chance):
        return chance.choice([value for value in MODES if value != self.allowed[-1]])

    def request(self, value, wait_ms):
        return "mtls", {"resource": SPACE, "action": value, "wait_ms": wait_ms}

    def seen(self, mesh, _):
        rows = self.shown(mesh)
        return next((value for value in MODES if self.rows[value] == rows), rows)


class Writers:
    """A thread per ledger changes it until nobody answers."""

    def __init__(self, mesh, ledgers, chance):
        self.mesh, self.acknowledged, self.refused = mesh, [], []
        self.threads = [threading.Thread(target=self.write,
                                         args=(ledger, chance.randrange(1 << 32)))
                        for ledger in ledgers]
        self.random = type(chance)

    def write(self, ledger, seed):
        chance = self.random(seed)
        try:
            while True:
                wait_ms = chance.choice((0, 0, 10000))
                value = ledger.next_value(chance)
                self.acknowledged.append(ledger.change(self.mesh, value, wait_ms))
        except control_api.Unanswered:
            pass
        except control_api.Refused as refusal:
            self.refused.append(refusal)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive()
        return False


@pytest.mark.soak
def test_what_was_acknowledged_is_there_and_nothing_is_half_there(mesh, chance, rounds):
    mesh.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}))
    ledgers = [Objects("alone"), Objects("single"), Mode(mesh),
               *(Objects(*(f"{group}-{number}" for number in range(TOGETHER)))
                 for group in ("first", "second"))]
    changes = 0
    with calls.Calls(mesh, threads=2) as load:
        for number in range(rounds(10, 200)):
            control = mesh.process("mortise", "control")
            with Writers(mesh, ledgers, chance) as writers:
                threading.Event().wait(chance.uniform(0, LONGEST))
                calls.kill_and_see_it_end(control)
            assert eventually(lambda: control_api.answers(mesh), within=20)
            assert writers.refused == []
            revision = control_api.status(mesh)["revision"]
            assert revision >= max(writers.acknowledged, default=0)
            everything = control_api.objects(mesh)
            for ledger in ledgers:
                ledger.check(mesh, everything)
            changes += len(writers.acknowledged)
            print(f"round {number}: {len(writers.acknowledged)} acknowledged, revision {revision}")
        assert eventually(lambda: control_api.synced(mesh), within=20)
        load.go_on()
    assert load.troubles() == []
    assert changes > 0


def recorded_control(mesh):
    """The control plane that the supervisor started, as soon as it is written down."""
    try:
        return json.loads((mesh.data_dir / "runtime.json").read_text())["control"]["pid"]
    except (OSError, ValueError, KeyError):
        return 0


@pytest.mark.soak
def test_a_first_start_that_was_killed_leaves_one_authority(bare, chance, rounds):
    files = calls.files(bare)
    for _ in range(rounds(4, 60)):
        bare.down()
        roots, root = set(), bare.data_dir / "ca" / "root-cert.pem"
        with subprocess.Popen([BINARIES / "mortise", "up", "-f", *files, "--detach"],
                              env=bare.environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as up:
            known = 0
            for _ in range(chance.randint(1, 3)):
                assert eventually(lambda last=known: recorded_control(bare) not in (0, last),
                                  pause=0.0005)
                known = recorded_control(bare)
                moment = chance.uniform(0, 0.08)
                print(f"kills the control plane after {moment:.6f} s")
                threading.Event().wait(moment)
                calls.kill_and_see_it_end(known)
                roots |= {root.read_bytes()} if root.exists() else set()
            up.wait(timeout=90)
        bare.up(*files)
        roots.add(root.read_bytes())
        assert len(roots) == 1
        assert {file.name for file in root.parent.iterdir()} == {"root-cert.pem", "root-key.pem"}
        assert not (bare.data_dir / "ca.new").exists()
        with calls.Calls(bare) as load:
            pass
        assert load.troubles() == []
