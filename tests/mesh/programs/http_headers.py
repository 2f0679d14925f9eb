#!/usr/bin/env python3
"""Python's own HTTP server, in httpbin's place: answers every GET with the headers it received."""

import http.server
import sys


class Headers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = "".join(f"{name}: {value}\n" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()  # no length: the body ends with the connection
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Headers).serve_forever()
