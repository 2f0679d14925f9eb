#!/usr/bin/env python3
"""Reads until its peer has finished sending, then sends everything back and closes.

A peer that waits for the echo therefore hears nothing unless its half-close arrives here. Before
that it greets, so that there is a server that speaks first: `hello` and a line end.
"""

import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"hello\n")
        received = bytearray()
        while part := self.request.recv(65536):
            received += part
        self.request.sendall(received)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("", int(sys.argv[1])), Echo).serve_forever()
