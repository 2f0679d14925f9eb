"""Fixtures of the whole-mesh suite: real programs, namespaces and packets; needs root.

A module may define FILES (manifests; a function of the working directory, or a list; the lab by
default), SETTINGS (`--set`) and ENVIRONMENT. It gets one mesh, which is taken down at its end.
"""

import os
import pathlib
import random
import shutil
import tempfile

import pytest

from mesh import BINARIES, LAB, Mesh

CI = os.environ.get("CI") == "true"
SOAK = os.environ.get("MORTISE_SOAK") == "1"
GATE = 5  # a wall-clock expectation fails at so many times its goal; the real figure is reported


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: has a long form, which `make soak` runs")


@pytest.fixture(scope="session")
def rounds():
    """rounds(short, long): how often to repeat, here and under `make soak`."""
    return lambda short, long: long if SOAK else short


@pytest.fixture
def figure(record_property):
    """figure(name, value, goal, unit="s"): reports what was measured; over the gate it fails."""

    def report(name, value, goal, unit="s"):
        record_property("figure", f"{name}: {value:.3g} {unit} (goal {goal:g} {unit})")
        assert value <= GATE * goal, f"{name}: {value:.3g} {unit}, gate {GATE * goal:g} {unit}"

    return report


@pytest.fixture
def chance():
    """Randomness whose seed a failure shows; MORTISE_SEED=N plays it again."""
    seed = int(os.environ.get("MORTISE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}")
    return random.Random(seed)


def pytest_collection_modifyitems(items):
    """Without root nothing here can run: a loud skip, which CI does not accept."""
    if os.geteuid() == 0 or CI:
        return
    for item in items:
        item.add_marker(pytest.mark.skip(reason="needs root: namespaces and packet capture"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    mesh = getattr(item, "funcargs", {}).get("mesh")
    if report.failed and mesh is not None:
        report.sections.append(("the mesh's logs", mesh.logs()))


@pytest.fixture(scope="session", autouse=True)
def programs():
    for name in ("mortise", "mortise-proxy", "mortise-demo"):
        assert (BINARIES / name).exists(), f"{BINARIES / name} is missing: run `make build`"


@pytest.fixture(scope="module")
def workdir():
    """A directory that programs with uids of their own can enter, unlike pytest's."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="mortise-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def mesh(request, workdir):
    files = getattr(request.module, "FILES", [LAB])
    running = Mesh(workdir, getattr(request.module, "ENVIRONMENT", None))
    try:
        running.up(*(files(running) if callable(files) else files),
                   settings=getattr(request.module, "SETTINGS", None))
        yield running
    except AssertionError:
        print(running.logs())
        raise
    finally:
        running.down()


@pytest.fixture
def bare(workdir):
    """A mesh that has not been started; what a test starts is taken down after it."""
    idle = Mesh(workdir)
    yield idle
    idle.run("down", "--purge")
