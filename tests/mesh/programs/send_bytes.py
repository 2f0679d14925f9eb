#!/usr/bin/env python3
"""send_bytes.py HOST PORT: sends what it reads, and prints what comes until the peer is done.

A reset ends the output and makes the exit status 56, as with curl.
"""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as server:
    try:
        server.sendall(sys.stdin.buffer.read())
        server.shutdown(socket.SHUT_WR)
        while part := server.recv(65536):
            sys.stdout.buffer.write(part)
    except ConnectionResetError:
        sys.stdout.flush()
        sys.exit(56)
