"""A forged identity on every kind of port and in trailers, to programs that show each byte.

The programs answer with the request they received, so that a name which no HTTP library would show
is seen too, and the callers send bytes that no HTTP client would.
"""

import manifests
import pytest
from forgery import ELEMENT, SPELLINGS

PYTHON = "/usr/bin/python3"
SLEEP = "URI=spiffe://cluster.local/ns/full/sa/sleep"
# A port declared http, one whose name declares nothing, and one that no Service mentions.
PORTS = {"declared": ("http", 8081), "undeclared": ("web", 8082), "unmentioned": (None, 8083)}
# Of the policies only PeerAuthentication speaks about ports that no Service mentions (S-40, A-44).
POLICY = """
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata:
  name: default
  namespace: full
spec:
  mtls:
    mode: {}
"""


def FILES(mesh):
    show = mesh.copy_program("show_bytes.py")
    mesh.copy_program("send_bytes.py")
    texts = [manifests.namespace("full"), manifests.namespace("legacy", injected=False),
             manifests.sleeper("full"), manifests.sleeper("legacy")]
    texts += [manifests.workload(namespace, name, [PYTHON, show, port],
                                 [{"name": word, "port": port}] if word else [])
              for namespace in ("full", "legacy") for name, (word, port) in PORTS.items()]
    return manifests.write(mesh, *texts)


@pytest.fixture(scope="module", params=["PERMISSIVE", "STRICT", "DISABLE"])
def mode(request, mesh):
    mesh.apply(POLICY.format(request.param))
    return request.param


@pytest.fixture(scope="module")
def addresses(mesh):
    """{(namespace, app): address} of every pod."""
    return {(item["metadata"]["namespace"], item["metadata"]["labels"]["app"]):
            item["status"]["podIP"] for item in mesh.items("pods", "-A")}


@pytest.fixture
def send(mesh, addresses):
    def send(source, target, name, request):
        """These bytes from `sleep` in source to a program of target; what came back."""
        word, port = PORTS[name]
        host = f"{name}.{target}" if word else addresses[target, name]
        return mesh.exec(source, "sleep", PYTHON, str(mesh.workdir / "send_bytes.py"), host,
                         str(port), stdin=request).stdout
    return send


def get(*fields):
    return "\r\n".join(["GET /path HTTP/1.1", "Host: anything", *fields, "", ""])


def post_with_trailer(name, value=ELEMENT):
    return ("POST /path HTTP/1.1\r\nHost: anything\r\nTransfer-Encoding: chunked\r\n\r\n"
            f"5\r\nhello\r\n0\r\n{name}: {value}\r\n\r\n")


def is_let_in(mode, source):
    return mode != "STRICT" or source == "full"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("source", ["full", "legacy"])
def test_not_a_byte_of_it_arrives(mode, send, source, name, spelling):
    answer = send(source, "full", name, get(*SPELLINGS[spelling]))
    assert "forged" not in answer
    assert ("GET /path HTTP/1.1" in answer) == is_let_in(mode, source), answer
    has_identity = source == "full" and mode != "DISABLE"
    assert answer.count("URI=") == answer.count(SLEEP) == (1 if has_identity else 0)


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("source", ["full", "legacy"])
def test_not_in_the_second_of_two_requests_sent_at_once(mode, send, source, name):
    answer = send(source, "full", name, get() + get(*SPELLINGS["usual"]))
    assert "forged" not in answer
    assert answer.count("GET /path HTTP/1.1") == (2 if is_let_in(mode, source) else 0)


@pytest.mark.parametrize("trailer", ["X-Forwarded-Client-Cert", "x_forwarded_client_cert",
                                     "x-Forwarded-CLIENT-Cert"])
@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("source", ["full", "legacy"])
def test_not_in_a_trailer(mode, send, source, name, trailer):
    assert "forged" not in send(source, "full", name, post_with_trailer(trailer))


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("source", ["full", "legacy"])
def test_an_ordinary_trailer_arrives(mode, send, source, name):
    """So it is not for want of trailers that the test above sees none."""
    answer = send(source, "full", name, post_with_trailer("X-Sum", "ordinary"))
    assert ("X-Sum: ordinary" in answer) == is_let_in(mode, source), answer


@pytest.mark.parametrize("name", PORTS)
def test_nothing_of_it_leaves_a_workload_with_a_sidecar(send, name):
    for fields in SPELLINGS.values():
        answer = send("full", "legacy", name, get(*fields))
        assert "GET /path HTTP/1.1" in answer, fields
        assert "forged" not in answer, fields


@pytest.mark.parametrize("name", PORTS)
def test_without_sidecars_every_byte_of_it_arrives(send, name):
    """The control of the tests above."""
    for fields in SPELLINGS.values():
        assert "forged" in send("legacy", "legacy", name, get(*fields)), fields
    assert "forged" in send("legacy", "legacy", name, post_with_trailer("X-Forwarded-Client-Cert"))
