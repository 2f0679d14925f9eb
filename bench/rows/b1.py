"""B1: the price of one proxy that reads HTTP/1.1 and encrypts nothing."""

from harness import traffic

TITLE = "B1: HTTP/1.1 in plain text, one proxy"
MINUTES = 3.0
RATE = 5000


def measure(session):
    return traffic.measure(session, "one", [RATE])


def render(result):
    return ("A client behind its proxy calls a server without one. 16 kept connections, 8 request"
            f" headers, {result['body']} bytes of body.\n\n" + traffic.render(result))


def charts(result):
    return traffic.charts("b1", result)
