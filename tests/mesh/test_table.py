"""The table of the tutorials: four phases, six cells, twenty calls each."""

import lab
import pytest


@pytest.fixture(scope="module", params=lab.PHASES)
def phase(request, mesh):
    lab.enter(mesh, request.param)
    return request.param


@pytest.mark.parametrize("source,target", lab.CELLS)
def test_every_call_of_the_cell_is_as_the_tutorials_print_it(mesh, phase, source, target):
    lab.check_cell(mesh, phase, source, target)


def test_moving_between_phases_restarts_nothing(mesh):
    before = mesh.processes()
    for phase in lab.PHASES:
        lab.enter(mesh, phase)
    assert mesh.processes() == before


def test_a_change_is_in_force_when_its_command_returns(mesh):
    for _ in range(5):
        lab.enter(mesh, "strict")
        lab.check_cell(mesh, "strict", "legacy", "full", times=1)
        lab.enter(mesh, "permissive")
        lab.check_cell(mesh, "permissive", "legacy", "full", times=1)
