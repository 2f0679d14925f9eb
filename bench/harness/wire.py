"""What passes between the two sides, read off the wire: nobody's word is taken for it."""

import ctypes
import os
import select
import socket
import struct

ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
VERSIONS = {0x0304: "TLSv1.3", 0x0303: "TLSv1.2"}
CIPHERS = {0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384",
           0x1303: "TLS_CHACHA20_POLY1305_SHA256"}
GROUPS = {0x001D: "X25519", 0x0017: "P-256"}
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def server_hello(payload):
    """{"version", "cipher", "group", "resumed"} of a ServerHello at the start; None otherwise."""
    if len(payload) < 47 or payload[0] != 22 or payload[5] != 2 or payload[11:43] == RETRY:
        return None
    body = payload[9:9 + int.from_bytes(payload[6:9], "big")]
    place = 2 + 32
    place += 1 + body[place]
    cipher = int.from_bytes(body[place:place + 2], "big")
    place += 3
    facts = {"version": VERSIONS.get(int.from_bytes(body[:2], "big"), "?"),
             "cipher": CIPHERS.get(cipher, f"{cipher:#06x}"), "group": "?", "resumed": False}
    place += 2
    while place + 4 <= len(body):
        kind, size = struct.unpack_from(">HH", body, place)
        value = int.from_bytes(body[place + 4:place + 6], "big")
        if kind == 43:
            facts["version"] = VERSIONS.get(value, f"{value:#06x}")
        elif kind == 51:
            facts["group"] = GROUPS.get(value, f"{value:#06x}")
        elif kind == 41:
            facts["resumed"] = True
        place += 4 + size
    return facts


def tcp_payload(frame):
    """The bytes that TCP carries in this Ethernet frame; b"" for anything else."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return b""
    head = 14 + (frame[14] & 15) * 4
    end = 14 + int.from_bytes(frame[16:18], "big")
    if len(frame) < head + 20:
        return b""
    return frame[head + (frame[head + 12] >> 4) * 4:end]


class Tap:
    """Listens on every port of a switch from its making until read()."""

    def __init__(self, netns):
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{netns}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if libc.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"enter {netns}")
            try:
                self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                            socket.htons(ETH_P_ALL))
            finally:
                if libc.setns(home, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "go back to the own network")
        finally:
            os.close(home)
            os.close(there)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUFFORCE
                               if hasattr(socket, "SO_RCVBUFFORCE") else 33, 16 << 20)

    def read(self):
        """(facts of each ServerHello, packets with bytes, readable ones); then it is closed."""
        hellos, packets, readable = [], 0, 0
        while select.select([self.socket], [], [], 0.05)[0]:
            payload = tcp_payload(self.socket.recv(65536))
            packets += bool(payload)
            readable += b"HTTP/1.1" in payload
            if facts := server_hello(payload):
                hellos.append(facts)
        self.socket.close()
        return hellos, packets, readable
