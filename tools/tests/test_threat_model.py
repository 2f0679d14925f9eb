"""docs/threat-model.md says what holds and names the tests that prove it: they have to exist."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "threat-model.md").read_text()
MESH = ROOT / "tests" / "mesh"


def defined(path):
    return set(re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))


def file_of(short):
    """`program` is test_hostile_program.py, `keys` is test_keys.py."""
    hostile = MESH / f"test_hostile_{short}.py"
    return hostile if hostile.exists() else MESH / f"test_{short}.py"


def test_every_test_of_the_mesh_that_is_named_exists():
    named = re.findall(r"`(\w+)::(\w+)`", TEXT)
    assert len(named) > 40
    missing = [f"{short}::{name}" for short, name in named
               if name != "x" and f"test_{name}" not in defined(file_of(short))]
    assert missing == []


def test_every_unit_test_that_is_named_exists():
    found = set()
    for path in (ROOT / "src").rglob("*_test.cc"):
        found |= set(re.findall(r"^TEST(?:_[FP])?\((\w+), (\w+)\)", path.read_text(), re.MULTILINE))
    named = set(re.findall(r"`([A-Z]\w+)\.([A-Z]\w+)`", TEXT)) - {("Suite", "Name")}
    assert len(named) > 4
    assert named - found == set()


def test_every_hostile_test_is_named():
    """One that is not there proves something that nobody reads."""
    controls = {"a_program_can_look_into_itself", "who_asks_for_a_user_of_the_host_gets_it"}
    tests = {(path.stem.removeprefix("test_hostile_"), name.removeprefix("test_"))
             for path in MESH.glob("test_hostile_*.py") for name in defined(path)}
    named = set(re.findall(r"`(\w+)::(\w+)`", TEXT))
    assert {test for test in tests - named if test[1] not in controls} == set()
