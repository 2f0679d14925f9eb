"""Calls without a pause until a file appears; what failed, and how much there was, as JSON.

    call_on.py FINISH URL-HOST PORT

One thread each for new connections, one kept connection, and slow answers.
"""

import http.client
import json
import pathlib
import sys
import threading

finish, host, port = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
counts, failed = {}, []


def get(connection, path, close):
    connection.request("GET", path, headers={"Connection": "close"} if close else {})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"HTTP {answer.status} {body[:100]!r}"


def repeat(name, path, kept):
    connection = http.client.HTTPConnection(host, port, timeout=20)
    while not finish.exists():
        counts[name] = counts.get(name, 0) + 1
        try:
            # A kept one is opened again where the answer before said that it ends.
            get(connection, path, close=not kept)
        except (OSError, http.client.HTTPException, AssertionError) as problem:
            failed.append(f"{name} {counts[name]}: {problem!r}")
            connection.close()
        if not kept:
            connection.close()
            connection = http.client.HTTPConnection(host, port, timeout=20)


threads = [threading.Thread(target=repeat, args=arguments) for arguments in (
    ("new", "/status/200", False), ("kept", "/status/200", True), ("slow", "/delay/1", False))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"counts": counts, "failed": failed}))
