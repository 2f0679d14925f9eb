"""A server that takes every connection and keeps it: PORT. Answers whatever it hears with 200."""

import resource
import selectors
import socket
import sys

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
server = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=1024)
ready = selectors.DefaultSelector()
ready.register(server, selectors.EVENT_READ)
while True:
    for key, _ in ready.select():
        if key.fileobj is server:
            ready.register(server.accept()[0], selectors.EVENT_READ)
            continue
        try:
            heard = key.fileobj.recv(65536)
            if heard:
                key.fileobj.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except OSError:
            heard = b""
        if not heard:
            ready.unregister(key.fileobj)
            key.fileobj.close()
