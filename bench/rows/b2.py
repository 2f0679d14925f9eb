"""B2: the whole way, client to sidecar to sidecar to server, with mutual TLS between the two."""

from harness import traffic

TITLE = "B2: HTTP/1.1 over mutual TLS, two sidecars"
MINUTES = 5.7
RATES = (1000, 5000)


def measure(session):
    return traffic.measure(session, "pair", RATES)


def render(result):
    return ("Client, its sidecar, the wire with mutual TLS, the server's sidecar, server. 16 kept"
            f" connections, 8 request headers, {result['body']} bytes of body.\n\n"
            + traffic.render(result))


def charts(result):
    return traffic.charts("b2", result)
