"""Opens connections and keeps them: HOST PORT COUNT. Says how many it kept, how many were refused
and how many of the last eight are dead; uses the first one whenever a line of input comes."""

import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
REQUEST = f"GET /status/200 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()


def connect():
    made = socket.create_connection((host, port), timeout=10)
    made.settimeout(10)
    return made


def works(made):
    made.sendall(REQUEST)
    return made.recv(65536).startswith(b"HTTP/1.1 200")


def is_open(made):
    """A reset that follows the handshake shows a moment later."""
    try:
        made.settimeout(0.3)
        return made.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


first = connect()
assert works(first)
kept, refused = [], 0
for _ in range(count):
    try:
        kept.append(connect())
    except OSError:
        refused += 1
dead = 0
for made in kept[-8:]:
    dead += not is_open(made)
print(len(kept), refused, dead, flush=True)
for line in sys.stdin:
    print("works" if works(first) else "broken", flush=True)
