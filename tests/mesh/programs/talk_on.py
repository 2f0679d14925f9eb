"""Keeps one connection, and says and hears a line on it whenever told to on standard input.

    talk_on.py HOST PORT

`say TEXT` sends TEXT and a newline, and prints what came back, or how it ended; `get PATH` sends a
request of HTTP/1.1 and prints its status. The first line it prints is "connected".
"""

import http.client
import sys

connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=20)
connection.connect()
print("connected", flush=True)
for line in sys.stdin:
    verb, _, text = line.rstrip("\n").partition(" ")
    try:
        if verb == "say":
            connection.sock.sendall(text.encode() + b"\n")
            print(connection.sock.recv(1000).decode().rstrip("\n") or "end", flush=True)
        else:
            connection.request("GET", text)
            answer = connection.getresponse()
            answer.read()
            print(answer.status, flush=True)
    except (OSError, http.client.HTTPException) as problem:
        print(type(problem).__name__, flush=True)
