#!/usr/bin/env python3
"""tcp_client.py HOST PORT TEXT TIMES: sends, finishes its side, and prints what came back.

One JSON line: milliseconds until the greeting, and whether the echo is complete and unharmed.
"""

import json
import socket
import sys
import time

host, port, text, times = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])
began = time.monotonic()
with socket.create_connection((host, port), timeout=20) as server:
    greeting = server.recv(6, socket.MSG_WAITALL)
    greeted = time.monotonic()
    server.sendall(text * times)
    server.shutdown(socket.SHUT_WR)
    echo = bytearray()
    while part := server.recv(65536):
        echo += part
print(json.dumps({"greeting": greeting.decode(), "greeted_ms": (greeted - began) * 1000,
                  "bytes": len(echo), "intact": bytes(echo) == text * times}))
