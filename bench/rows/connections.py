"""Connections: the same way, and every request comes on a connection of its own."""

from harness import traffic

TITLE = "Connections: one client connection for each request, two sidecars"
MINUTES = 2.7
RATE = 1000


def measure(session):
    return traffic.measure(session, "pair", [RATE], without=["copy loop"],
                           per_request=True)


def render(result):
    return ("Like B2, but the client opens a connection for each request and says `Connection:"
            " close`; what the proxies keep between themselves is theirs to decide. The copy loop"
            " is left out: it would shake hands for each request, which no proxy here does.\n\n"
            + traffic.render(result))


def charts(result):
    return traffic.charts("connections", result)
