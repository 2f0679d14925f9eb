#!/usr/bin/env python3
"""`make fresh`: the README's two commands on a Debian 12 that has nothing.

debootstrap makes a minimal system in DIR/system, with the package sources, apt configuration and
certificates of this host. A clean clone of the committed HEAD goes in, and `make demo` and
`make test` run there in mount, process and other namespaces of their own: whatever ends this
program ends everything in them, and with them the mounts go. Only the network is the host's.

A second run keeps the system, its packages and its compiler cache. `--from scratch` begins anew,
and only that shows that nothing is missing from tools/packages.txt.
"""

import argparse
import datetime
import fcntl
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTER = ROOT / "tools" / "fresh_enter.sh"
SUITE = "bookworm"
ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
         "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--mount-proc")
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME": "/root", "CI": "true"}
KEPT = ("TERM", "http_proxy", "https_proxy", "no_proxy", "FUZZ_MINUTES")
CLONE = "root/mortise"
# What this host's apt would do beside installing: its programs are not there.
NO_HOOKS = "".join(f"#clear {name};\n" for name in (
    "APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success",
    "DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs"))
BEGAN = time.monotonic()


class Problem(Exception):
    """A sentence for the person who typed the command."""


def say(line):
    seconds = time.monotonic() - BEGAN
    print(f"{seconds // 60:3.0f}:{seconds % 60:02.0f}  {line}", flush=True)


# Which mirror


def one_line_sources(text):
    """(URI, suites, components) of the `deb` lines of a sources.list."""
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", " ", line.split("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield words[1], words[2:3], words[3:]


def deb822_sources(text):
    """(URI, suites, components) of the enabled stanzas of a .sources file."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = {}
        for name, value in re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE):
            fields[name.lower()] = value.split()
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        for uri in fields.get("uris", []):
            yield uri, fields.get("suites", []), fields.get("components", [])


def find_mirror(apt):
    """The URI from which this host takes Debian 12 itself, or None."""
    found = []
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if file.suffix in (".list", ".sources") and file.is_file():
            parse = deb822_sources if file.suffix == ".sources" else one_line_sources
            found += [uri for uri, suites, components in parse(file.read_text())
                      if SUITE in suites and "main" in components
                      and re.match(r"(https?|file):/", uri)]
    # Others have a suite of that name too; theirs is rarely called debian.
    debian = [uri for uri in found if uri.rstrip("/").endswith("/debian")]
    return next(iter(debian + found), None)


def apt_proxies():
    """The proxies of this host's apt, for debootstrap, which knows only the environment."""
    names = [word for scheme in ("http", "https")
             for word in (f"{scheme}_proxy", f"Acquire::{scheme}::Proxy")]
    said = subprocess.run(["apt-config", "shell", *names], capture_output=True, text=True,
                          check=False).stdout
    return dict(line.split("=", 1) for line in shlex.split(said) if not line.endswith("=DIRECT"))


# Commands


def run(command, every=0.0, **options):
    """Shows what the command says, with the time, a line per `every` seconds at most."""
    shown, last = 0.0, ""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          **options) as process:
        try:
            for line in process.stdout:
                last = line.rstrip()
                if time.monotonic() - shown >= every:
                    say(f"    {last}")
                    shown = time.monotonic()
        except BaseException:
            end(process)
            raise
    if process.returncode != 0:
        raise Problem(f"{' '.join(command[-4:])}: exit status {process.returncode}: {last}")


def end(process):
    """Ends the first process of its namespaces. The kernel ends all others, then `unshare` ends."""
    subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)
    process.wait()


def inside(system, script, every=0.0):
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    run([*ALONE, "sh", str(ENTER), str(system), "sh", "-euc", script], every=every,
        env={**ENVIRONMENT, **kept})


# Steps


def make_system(system, mirror):
    if system.exists():
        made = datetime.datetime.fromtimestamp(system.stat().st_ctime)
        say(f"[1/5] Debian 12 is there since {made:%Y-%m-%d %H:%M} (FROM=scratch makes a new one)")
        return
    mirror = mirror or find_mirror(pathlib.Path("/etc/apt"))
    if not mirror:
        raise Problem(f"no source of {SUITE} in /etc/apt: give one, MIRROR=URL")
    say(f"[1/5] Debian 12 from {mirror}")
    half = system.with_name("system.half")
    remove(half)
    run([*ALONE, "debootstrap", "--variant=minbase", "--include=ca-certificates,git,make", SUITE,
         str(half), mirror], every=5, env={**os.environ, **apt_proxies()})
    half.rename(system)


def copy_host(system):
    """The package sources of this host, and whom it trusts and knows."""
    say("[2/5] the host's package sources and certificates")
    skipped = ["sources.list*", "preferences*"]  # of another release than Debian 12
    if find_mirror(pathlib.Path("/etc/apt")):
        (system / "etc/apt/sources.list").unlink(missing_ok=True)
        skipped = []
    for folder in ("etc/apt", "usr/share/keyrings", "usr/local/share/ca-certificates"):
        if pathlib.Path("/", folder).is_dir():
            shutil.copytree(pathlib.Path("/", folder), system / folder, dirs_exist_ok=True,
                            ignore_dangling_symlinks=True,
                            ignore=shutil.ignore_patterns(*skipped))
    for file in ("etc/ssl/certs/ca-certificates.crt", "etc/resolv.conf", "etc/hosts"):
        if pathlib.Path("/", file).is_file():
            (system / file).unlink(missing_ok=True)
            shutil.copyfile(pathlib.Path("/", file), system / file)
    (system / "etc/apt/apt.conf.d/zz-no-hooks").write_text(NO_HOOKS)


def clone(system):
    """What is committed, and nothing else; what an interrupted run left is removed."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "log", "-1", "--format=%h %s"], check=True, capture_output=True,
                          text=True).stdout.strip()
    say(f"[3/5] a clean clone of {head}")
    changed = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    if changed:
        say(f"    {len(changed)} files here are not committed, and so not in it")
    for leftover in [system / CLONE, system / "var/lib/mortise", *(system / "tmp").iterdir()]:
        remove(leftover)
    run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(system / CLONE)])


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


NOTHING_LEFT = """
left=$(ls /run/netns 2> /dev/null || true; ps -eo pid=,comm= | grep ' mortise' || true)
test -z "$left" || { echo "left behind:" $left; exit 1; }
"""


def two_commands(system):
    say("[4/5] make demo")
    inside(system, f"cd /{CLONE}; make demo; build/release/bin/mortise down --purge{NOTHING_LEFT}")
    say("[5/5] make test")
    inside(system, f"cd /{CLONE}; make test{NOTHING_LEFT}")


def arguments():
    parser = argparse.ArgumentParser(description="The README's two commands on a new Debian 12.")
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "build" / "fresh",
                        help="where the system is kept")
    parser.add_argument("--from", dest="start", choices=("scratch",), help="begin anew")
    parser.add_argument("--mirror", help="for debootstrap, instead of this host's")
    return parser.parse_args()


def main():
    asked = arguments()
    if os.geteuid() != 0:
        print("fresh: only root can make a system", file=sys.stderr)
        return 77
    asked.dir.mkdir(parents=True, exist_ok=True)
    system = asked.dir.resolve() / "system"
    with (asked.dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if asked.start == "scratch":
                remove(system)
            make_system(system, asked.mirror)
            copy_host(system)
            clone(system)
            two_commands(system)
        except BlockingIOError:
            print(f"fresh: another one runs in {asked.dir}", file=sys.stderr)
            return 1
        except Problem as problem:
            say(f"failed: {problem}")
            return 1
        except KeyboardInterrupt:
            say("interrupted; nothing of it runs any more")
            return 130
    say("passed: both commands, on a Debian 12 of their own; nothing is left of them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
