#!/usr/bin/env python3
"""An HTTP server that writes down who called it: one line per request, with what it asked for."""

import http.server
import socket
import sys


class Witness(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        caller = self.headers.get("X-Forwarded-Client-Cert", "nobody")
        print(f"{self.path} {caller}", flush=True)
        body = f"{caller}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Only what do_GET writes."""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024  # the sidecar may bring many connections at once


Server(("", int(sys.argv[1])), Witness).serve_forever()
