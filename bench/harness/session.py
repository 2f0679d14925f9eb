"""One run of the bench: what the rows are given, and what is undone at the end."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from . import machine
from .mesh import Mesh
from .programs import LOAD_UID, words

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "build" / "bench"
FULL_PAIRS = 10


class Absent(Exception):
    """What a row needs is not on this machine: the reason."""


class Session:
    """pairs, seconds: how often and how long to measure. workdir: a directory of this run's own,
    which every uid may enter. binaries: where mortise and the bench's programs are."""

    def __init__(self, pairs, seconds, publish, command, patience=3):
        self.pairs, self.seconds, self.publish = pairs, seconds, publish
        self.patience = patience  # how often a disturbed measurement is taken again
        self.command = command  # as a person would type it
        self.binaries = pathlib.Path(
            os.environ.get("MORTISE_BIN", ROOT / "build" / "release" / "bin"))
        self.results = RESULTS
        self.log = []
        self.began = time.monotonic()
        self.workdir = None
        self._undo = []
        self._meshes, self._folders = {}, 0
        self.proofs = {}  # harness.proof

    def __enter__(self):
        for name in ("mortise", "mortise-proxy", "mortise-load", "mortise-copy"):
            if not (self.binaries / name).exists():
                raise SystemExit(f"{self.binaries / name} is missing: `make bench` builds it")
        self.workdir = pathlib.Path(tempfile.mkdtemp(prefix="mortise-bench-"))
        self.workdir.chmod(0o755)
        self.results.mkdir(parents=True, exist_ok=True)
        self.machine = machine.describe(self)  # before docs/performance.md changes
        return self

    def __exit__(self, *_):
        for undo in reversed(self._undo):
            try:
                undo()
            except Exception as problem:  # the other undoings still have to be done
                self.say(f"cleaning up: {problem}")
        shutil.rmtree(self.workdir, ignore_errors=True)

    def folder(self, name):
        """A new directory that every uid may enter, and whose path needs no quotes."""
        self._folders += 1
        path = self.workdir / f"{self._folders}-{name.replace(' ', '-')}"
        path.mkdir()
        path.chmod(0o755)
        return path

    def for_everyone(self, program):
        """A path by which other uids can start it too: a copy, where a home directory is closed."""
        asked = subprocess.run(words(["test", "-x", program], uid=LOAD_UID), check=False)
        if asked.returncode == 0:
            return program
        copy = self.workdir / pathlib.Path(program).name
        if not copy.exists():
            shutil.copy(program, copy)
            copy.chmod(0o755)
        return copy

    def at_end(self, undo):
        """Called when the run ends, however it ends; the last one first."""
        self._undo.append(undo)

    def mesh(self, name="mesh"):
        """A running mesh of ours, started when it is first asked for."""
        if name not in self._meshes:
            self._meshes[name] = Mesh(self, name).up()
        return self._meshes[name]

    def share(self):
        """How much of a full run this is, for the announced durations."""
        return min(1.0, self.pairs / FULL_PAIRS)

    def is_full(self):
        return self.pairs >= FULL_PAIRS

    def say(self, text):
        line = f"[{time.monotonic() - self.began:5.0f} s] {text}"
        self.log.append(line)
        print(line, flush=True)
