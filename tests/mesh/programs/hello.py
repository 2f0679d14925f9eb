#!/usr/bin/env python3
"""The server of the PeerAuthentication tutorial: says hello to everybody."""

import http.server
import sys


class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        xfcc = self.headers.get("X-Forwarded-Client-Cert", "")
        body = f"Hello World! /{xfcc}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Hello).serve_forever()
