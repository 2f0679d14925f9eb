"""Opens so many connections with one call over each, and closes them all, once for every line of
input: HOST PORT COUNT. Says how many were open at once."""

import resource
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
REQUEST = f"GET /status/200 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def connect():
    made = socket.create_connection((host, port), timeout=20)
    made.sendall(REQUEST)
    assert made.recv(65536).startswith(b"HTTP/1.1 200")
    return made


for _ in sys.stdin:
    opened = [connect() for _ in range(count)]
    print(len(opened), flush=True)
    for connection in opened:
        connection.close()
