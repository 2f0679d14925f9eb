"""The same table when no destination is known in advance: every proxy asks when it first dials."""

import lab
import pytest

ENVIRONMENT = {"MORTISE_DISCOVERY_SET_SIZE": "0"}


@pytest.fixture(scope="module", params=lab.PHASES)
def phase(request, mesh):
    lab.enter(mesh, request.param)
    return request.param


@pytest.mark.parametrize("source,target", lab.CELLS)
def test_the_cell_is_the_same_when_destinations_are_looked_up(mesh, phase, source, target):
    lab.check_cell(mesh, phase, source, target)


def test_an_address_of_the_mesh_that_is_nobodys_is_refused(mesh):
    call = mesh.curl("full", "http://198.19.250.250:8000/", "--connect-timeout", "5")
    assert call.exit_status != 0 or call.status == "503", call
