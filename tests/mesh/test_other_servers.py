"""The lab passes with any program in httpbin's place: nginx, and Python's http.server."""

import lab
import pytest
import yaml
from mesh import LAB, Mesh


def nginx(mesh):
    conf = mesh.copy_program("nginx.conf")
    scratch = mesh.workdir / "nginx"
    scratch.mkdir()
    scratch.chmod(0o1777)  # several instances, each with a uid of its own
    start = f"exec /usr/sbin/nginx -e stderr -p . -c {conf}"
    return ["sh", "-c", f"cd $(mktemp -d -p {scratch}) && {start}"]


def python(mesh):
    return ["/usr/bin/python3", str(mesh.copy_program("http_headers.py")), "80"]


def lab_with(mesh, command):
    """The files of the lab with this command for each container of httpbin."""
    texts = []
    for file in sorted(LAB.glob("*.yaml")):
        objects = list(yaml.safe_load_all(file.read_text()))
        for item in objects:
            if item and item["kind"] == "Deployment":
                for container in item["spec"]["template"]["spec"]["containers"]:
                    if "httpbin" in container.get("image", ""):
                        container["command"] = command
        texts.append(yaml.safe_dump_all([item for item in objects if item]))
    path = mesh.workdir / "lab.yaml"
    path.write_text("---\n".join(texts))
    return path


@pytest.fixture(scope="module", params=[nginx, python], ids=["nginx", "python"])
def mesh(request, workdir):
    place = workdir / request.param.__name__
    place.mkdir()
    running = Mesh(place)
    try:
        running.up(lab_with(running, request.param(running)))
        yield running
    finally:
        running.down()


@pytest.mark.parametrize("phase", lab.PHASES)
def test_the_table_holds_for_another_server(mesh, phase):
    lab.enter(mesh, phase)
    for source, target in lab.CELLS:
        lab.check_cell(mesh, phase, source, target)
