#!/usr/bin/env python3
"""Calls HOST:PORT without end, every call over a connection of its own, from so many threads.

Ends with its standard input. One line per call: when it began, when it ended (on the clock that all
processes of a machine share), the path it asked for, the status or the error, and the body.
"""

import http.client
import sys
import threading
import time

HOST, PORT, MARK, THREADS = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
PATIENCE = 20
ended = threading.Event()


def call(path):
    connection = http.client.HTTPConnection(HOST, PORT, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode().strip()
    except (OSError, http.client.HTTPException) as problem:
        return type(problem).__name__, str(problem)
    finally:
        connection.close()


def work(thread):
    number = 0
    while not ended.is_set():
        number += 1
        path = f"/{MARK}/{thread}/{number}"
        begin = time.monotonic()
        status, body = call(path)
        print(f"{begin:.6f} {time.monotonic():.6f} {path} {status} {' '.join(body.split())}\n",
              end="", flush=True)
        if status != 200:
            ended.wait(0.01)  # a refusal costs nothing, so no flood of them


workers = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
for worker in workers:
    worker.start()
sys.stdin.read()
ended.set()
for worker in workers:
    worker.join()
