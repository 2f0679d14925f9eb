#!/usr/bin/env python3
"""A program that does to its surroundings what it is told to, with the rights that it has.

It listens on 127.0.0.1:7000 for orders, JSON objects {"do": name, "with": [words]}, one per line.
Each is tried in a process of its own, and the answer is a line {"outcome": word}: what came of it,
or the name of the errno. On 0.0.0.0:9000 (TCP) and :9001 (UDP) it is an ordinary echo, and it has
an abstract unix socket of the name that is its argument.
"""

import ctypes
import errno
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
ORDERS, TCP, UDP = ("127.0.0.1", 7000), ("", 9000), ("", 9001)
PATIENCE = 2
PTRACE_SEIZE, REQUEST_KEY, PIDFD_OPEN, PIDFD_GETFD = 0x4206, 249, 434, 438
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS = 0x10000000, 0x40000000, 0x00020000
SO_MARK, IP_TRANSPARENT, IP_FREEBIND, IP_HDRINCL = 36, 19, 15, 3


def kernel(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


# Files and sockets

def read(path):
    with open(path, "rb") as file:
        return file.read(1 << 20).decode(errors="replace")


def append_to(path):
    """Whether it could be written: nothing is."""
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))


def names_in(path):
    return sorted(os.listdir(path))


def follow(path):
    return os.readlink(path)


def through_symlink(path):
    link = f"/tmp/link-{os.getpid()}"
    os.symlink(path, link)
    try:
        return connect_to(link)
    finally:
        os.unlink(link)


def through_hard_link(path):
    link = f"/tmp/link-{os.getpid()}"
    os.link(path, link)
    os.unlink(link)


def connect_to(path):
    """A unix socket; @name is an abstract one."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect("\0" + path[1:] if path[0] == "@" else path)


def create(path, text="x"):
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)


# Processes

def memory(pid):
    with open(f"/proc/{pid}/mem", "rb") as file:
        file.seek(int(read(f"/proc/{pid}/maps").partition("-")[0], 16))
        file.read(1)


def memory_by_call(pid):
    there = ctypes.create_string_buffer(8)
    vector = struct.pack("QQ", ctypes.addressof(there), 8)
    kernel(LIBC.process_vm_readv(int(pid), vector, 1, vector, 1, 0))


def trace(pid):
    LIBC.ptrace.argtypes = [ctypes.c_long] * 4
    kernel(LIBC.ptrace(PTRACE_SEIZE, int(pid), 0, 0))


def take_descriptor(pid, number):
    pidfd = kernel(LIBC.syscall(PIDFD_OPEN, int(pid), 0))
    kernel(LIBC.syscall(PIDFD_GETFD, pidfd, int(number), 0))


def send_signal(pid, number):
    os.kill(int(pid), int(number))


def visible(pid):
    return str(pid) in os.listdir("/proc")


# Users and namespaces

def become(uid):
    os.setresuid(int(uid), int(uid), int(uid))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


def enter_network(path):
    with open(path, "rb") as file:
        kernel(LIBC.setns(file.fileno(), CLONE_NEWNET))


def as_own_root(*order):
    """The order again, as the almighty of a user namespace of its own."""
    uid = os.geteuid()
    kernel(LIBC.unshare(CLONE_NEWUSER))
    with open("/proc/self/uid_map", "w", encoding="ascii") as file:
        file.write(f"0 {uid} 1")
    return DO[order[0]](*order[1:])


def unhide(path):
    """Takes away what is mounted over a folder, in a mount namespace of its own."""
    kernel(LIBC.unshare(CLONE_NEWNS))
    kernel(LIBC.umount2(path.encode(), 2))


def stay_behind(path):
    """A process in a network namespace of its own that writes its number down and stays."""
    if os.fork():
        return
    os.setsid()
    os.closerange(0, 100)
    uid = os.geteuid()
    kernel(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET))
    with open("/proc/self/uid_map", "w", encoding="ascii") as file:
        file.write(f"0 {uid} 1")
    create(path, str(os.getpid()))
    threading.Event().wait(600)
    os._exit(0)


# The network

def tcp(host, port, *options):
    """Connects and sends a line; what comes back. Options: from=ADDRESS, device=NAME, v6, fast
    (data in the SYN), multipath."""
    family = socket.AF_INET6 if "v6" in options else socket.AF_INET
    protocol = socket.IPPROTO_MPTCP if "multipath" in options else 0
    with socket.socket(family, socket.SOCK_STREAM, protocol) as connection:
        connection.settimeout(PATIENCE)
        for option in options:
            name, _, value = option.partition("=")
            if name == "from":
                connection.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
                connection.bind((value, 0))
            if name == "device":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, value.encode())
        if "fast" in options:
            connection.setblocking(True)
            connection.sendto(b"hello\n", socket.MSG_FASTOPEN, (host, int(port)))
            connection.settimeout(PATIENCE)
        else:
            connection.connect((host, int(port)))
            connection.sendall(b"hello\n")
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(1000).decode(errors="replace") or "closed"


def udp(host, port, source=""):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(PATIENCE)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if source:
            one.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
            one.bind((source, 0))
        one.connect((host, int(port)))
        one.send(b"hello")
        return one.recv(1000).decode()


def listen(host, port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, int(port)))
        listener.listen()


def mark(number):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, SO_MARK, int(number))


def transparent():
    with socket.socket() as one:
        one.setsockopt(socket.SOL_IP, IP_TRANSPARENT, 1)


def change_addresses():
    """Another address, route and hardware address; what ip(8) and nft(8) said to each."""
    return [run(*words.split())["stderr"] for words in (
        "ip address add 198.18.0.99/16 dev eth0", "ip route add 10.0.0.0/8 dev eth0",
        "ip link set eth0 address 02:00:00:00:00:01", "ip link set eth0 mtu 9000",
        "ip neighbour replace 198.18.0.1 lladdr 02:00:00:00:00:01 dev eth0",
        "nft flush ruleset")]


def special_socket(family, kind, protocol="0"):
    socket.socket(getattr(socket, family), getattr(socket, kind), int(protocol)).close()


# Shared places

def share_memory(key):
    return kernel(LIBC.shmget(int(key), 4096, 0o1666))  # IPC_CREAT


def find_memory(key):
    return kernel(LIBC.shmget(int(key), 4096, 0o666))


def key(description):
    return kernel(LIBC.syscall(REQUEST_KEY, b"user", description.encode(), None, 0))


DO = {function.__name__: function for function in (
    read, append_to, names_in, follow, through_symlink, through_hard_link, connect_to, create,
    memory, memory_by_call, trace, take_descriptor, send_signal, visible, become, run,
    enter_network, as_own_root, unhide, stay_behind, tcp, udp, listen, mark, transparent,
    change_addresses, special_socket, share_memory, find_memory, key)}


def outcome(order):
    try:
        answer = DO[order["do"]](*order["with"])
        return "done" if answer is None else answer
    except TimeoutError:
        return "silence"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def answer(order):
    """The outcome of one order, from a process of its own: what it breaks, it breaks for itself."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        try:
            word = outcome(order)
        except Exception as problem:  # the order makes no sense; its author reads this
            word = repr(problem)
        with open(write_end, "w", encoding="utf-8") as file:
            json.dump({"outcome": word}, file)
        os._exit(0)
    os.close(write_end)
    with open(read_end, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(child, 0)
    return text


class Orders(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(answer(json.loads(line)).encode() + b"\n")


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while part := self.request.recv(65536):
            self.request.sendall(b"echo " + part)


class Datagrams(socketserver.BaseRequestHandler):
    def handle(self):
        text, one = self.request
        one.sendto(b"echo " + text + b" to " + self.client_address[0].encode(),
                   self.client_address)


class Server(socketserver.ForkingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64


def serve(name):
    named = socket.socket(socket.AF_UNIX)
    named.bind("\0" + name)
    named.listen()
    servers = [Server(ORDERS, Orders), Server(TCP, Echo),
               socketserver.UDPServer(UDP, Datagrams)]
    for server in servers[1:]:
        if os.fork() == 0:
            server.serve_forever()
    servers[0].serve_forever()


if sys.argv[1:] == ["once"]:
    for request in sys.stdin:
        print(answer(json.loads(request)), flush=True)
else:
    serve(sys.argv[1])
