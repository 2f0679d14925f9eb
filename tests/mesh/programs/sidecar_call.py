#!/usr/bin/env python3
"""One unary gRPC call over a unix socket, as a sidecar makes it: SOCKET METHOD, the message on
standard input, the answer's message on standard output; status 1 if there is none.

HTTP/2 by hand (RFC 9113, RFC 7541 literals), so that it can be told to break the rules:
`sidecar_call.py SOCKET garbage` sends what is no HTTP at all, `... flood N` opens N connections and
says nothing on them until standard input ends, and prints how many were not closed.
"""

import socket
import struct
import sys

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(path)
    return connection


def exactly(connection, size):
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


def opening(method):
    """Everything before the message."""
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", method.encode()),
              (b":authority", b"localhost"), (b"content-type", b"application/grpc"),
              (b"te", b"trailers")]
    head = b"".join(literal(name, value) for name, value in fields)
    return PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, head)


def call(path, method, message):
    connection = connect(path)
    body = struct.pack(">BI", 0, len(message)) + message
    connection.sendall(opening(method) + frame(DATA, END_STREAM, 1, body))
    answer = b""
    while True:
        size, kind, flags, stream = struct.unpack(">IBBI", b"\0" + exactly(connection, 9))
        payload = exactly(connection, size)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        if stream == 1 and kind == DATA:
            answer += payload
        if stream == 1 and flags & END_STREAM:
            return answer[5:]


def garbage(path):
    for words in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01" + bytes(5000),
                  PREFACE + frame(HEADERS, END_HEADERS, 1, b"\xff" * 100),
                  PREFACE + frame(SETTINGS, 0, 0) + b"\xff" * 9 + bytes(1 << 20),
                  # A message of a gigabyte, and as much of it as is taken.
                  opening("/mortise.discovery.v1.Discovery/Stream") +
                  frame(DATA, 0, 1, struct.pack(">BI", 0, 1 << 30) + bytes(16000)) +
                  frame(DATA, 0, 1, bytes(16000)) * 2000):
        try:
            connection = connect(path)
            connection.settimeout(3)
            connection.sendall(words)
            while connection.recv(65536):
                pass
        except OSError:
            pass  # it was cut off, which is what this is about


def flood(path, times):
    connections = [connect(path) for _ in range(times)]
    left = 0
    for connection in connections:
        connection.settimeout(0.2)
        try:
            left += connection.recv(1) != b""
        except TimeoutError:
            left += 1
        except ConnectionError:
            pass
    print(left, flush=True)
    sys.stdin.read()


if sys.argv[2] == "garbage":
    garbage(sys.argv[1])
elif sys.argv[2] == "flood":
    flood(sys.argv[1], int(sys.argv[3]))
else:
    try:
        found = call(sys.argv[1], sys.argv[2], sys.stdin.buffer.read())
    except (EOFError, OSError) as problem:
        sys.exit(str(problem) or "the connection was closed")
    sys.stdout.buffer.write(found)
    sys.exit(0 if found else "an answer without message")
