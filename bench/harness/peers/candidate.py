"""What every measured proxy looks like to the rows, and what the peers have in common."""

from .. import certificates
from ..mesh import PORT, backend_command
from ..programs import (BACKEND_UID, LOAD_CPU, PROXY_CPU, PROXY_UID, Failed, eventually, listens,
                        start, stop)
from ..topology import Clone

OUTBOUND, INBOUND = 15001, 15006
SERVER_NAME = "server.bench"
INBOUND_SOURCE = "127.0.0.6"  # the rules let a sidecar call its own application from here only
CIPHER = "TLS_AES_128_GCM_SHA256"


class Candidate:
    """name: short, for results. label: for readers. version: what it says about itself, once
    started. shape: "one" or "pair"."""

    name = label = version = ""
    is_proxy = True

    def __init__(self, session, shape, model):
        self.session, self.shape, self.model = session, shape, model

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def proxies(self):
        """Pids whose CPU time and memory count."""
        raise NotImplementedError

    def server_proxies(self):
        """Of those, the ones of the server's side."""
        raise NotImplementedError

    def others(self):
        """Pids that belong to it and are none of the proxies: reported apart."""
        return []

    def backend(self):
        raise NotImplementedError

    def client_netns(self):
        raise NotImplementedError

    def switch(self):
        """The namespace where every packet between the two sides passes by."""
        raise NotImplementedError

    def target(self):
        """HOST:PORT that a program of the client's side connects to."""
        raise NotImplementedError

    def server_address(self):
        """ADDRESS:PORT where the server's side is reached over the wire."""
        raise NotImplementedError

    def identity(self):
        """(certificate, key, root) of a client that the server's side accepts."""
        raise NotImplementedError

    def identities(self, wanted):
        """What it reports itself about its encrypted connections; Failed if that is not `wanted`.
        The peers report nothing: that they verify is in their configuration."""
        return {}

    def uncaptured_uid(self):
        """The uid whose connections leave the client's namespace as they are."""
        return PROXY_UID


class Peer(Candidate):
    """A proxy in a clone of the mesh's namespaces, captured by the mesh's own rules."""

    captured = True

    def __init__(self, session, shape, model):
        super().__init__(session, shape, model)
        self.folder = session.folder(f"{self.name}-{shape}")
        self.processes = {}
        self.clone = None

    @property
    def server_role(self):
        return "server" if self.shape == "pair" else "plain"

    def start(self):
        self.check_present()
        self.folder.chmod(0o777)
        roles = ("client", self.server_role)
        self.clone = Clone({role: self.model.netns(role) for role in roles}, self.captured)
        self.make_identities()
        self.start_backend()
        sides = ("client", "server") if self.shape == "pair" else ("client",)
        for side in sides:
            self.start_side(side)

    def check_present(self):
        """Raises Absent with the reason; otherwise fills in `version`."""

    def make_identities(self):
        self.root = certificates.make_root(self.folder)
        certificates.make_leaf(self.folder, "client", self.root)
        certificates.make_leaf(self.folder, "server", self.root, dns=SERVER_NAME)
        for file in self.folder.glob("*.pem"):
            file.chmod(0o644)
        for side in ("client", "server"):  # as HAProxy wants it
            both = self.folder / f"{side}-both.pem"
            both.write_text((self.folder / f"{side}.pem").read_text()
                            + (self.folder / f"{side}-key.pem").read_text())
            both.chmod(0o644)

    def start_backend(self):
        command = backend_command(self.session, self.name)
        netns = self.clone.netns[self.server_role]
        self.processes["backend"] = start(command, self.folder, "backend", netns, BACKEND_UID,
                                          LOAD_CPU)
        eventually(lambda: self.is_up("backend") and listens(netns, PORT), 10,
                   f"{self.name}: its backend listens")

    def start_side(self, side):
        """The proxy of one side; returns once it listens."""
        netns = self.clone.netns[side]
        if not self.launch(side):
            return
        port = OUTBOUND if side == "client" else INBOUND
        eventually(lambda: self.is_up(side) and listens(netns, port), 20,
                   f"{self.name}: its proxy of the {side} listens")

    def launch(self, side):
        """Starts the proxy of one side and does not wait; whether it has one."""
        command = self.command(side)
        if command is not None:
            self.processes[side] = start(command, self.folder, side, self.clone.netns[side],
                                         PROXY_UID, PROXY_CPU)
        return command is not None

    def starter(self):
        """A way to start the server's proxy again and again, for the row about starting."""
        stop(self.processes.pop("server"))
        return self

    def begin(self):
        """Starts it now; its pid, which stays that of the program."""
        self.launch("server")
        return self.processes["server"].pid

    def restore(self):
        """After the last end(): nothing to put back; stop() follows."""

    def end(self):
        """Ends it again."""
        stop(self.processes.pop("server"))

    def is_up(self, side):
        if self.processes[side].poll() is not None:
            log = (self.folder / f"{side}.log").read_text()[-2000:]
            raise Failed(f"{self.name}: {side} ended: {log}")
        return True

    def command(self, side):
        """The command line of one side's proxy, its configuration written; None: it has none."""
        raise NotImplementedError

    def stop(self):
        for process in self.processes.values():
            stop(process)
        if self.clone:
            self.clone.remove()
            self.clone = None

    def proxies(self):
        return [pid for side in ("client", "server") for pid in self._tree(side)]

    def server_proxies(self):
        return self._tree("server")

    def _tree(self, side):
        from ..accounting import children
        return children(self.processes[side].pid) if side in self.processes else []

    def backend(self):
        return self.processes["backend"].pid

    def client_netns(self):
        return self.clone.netns["client"]

    def switch(self):
        return self.clone.switch

    def target(self):
        return self.model.service_address("full" if self.shape == "pair" else "plain")

    def server_address(self):
        return f"{self.clone.address[self.server_role]}:{PORT}"

    def identity(self):
        return tuple(self.folder / name for name in ("client.pem", "client-key.pem", "root.pem"))

    def settings(self, side):
        """What the configurations are filled with."""
        local = self.clone.address[side] if side == "server" else None
        return {"folder": self.folder, "side": side, "cipher": CIPHER, "name": SERVER_NAME,
                "listen": OUTBOUND if side == "client" else INBOUND,
                "next": self.server_address() if side == "client" else f"{local}:{PORT}"}

    def write(self, side, text):
        path = self.folder / f"{side}.conf"
        path.write_text(text)
        path.chmod(0o644)
        return path
