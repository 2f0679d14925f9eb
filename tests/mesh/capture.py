"""What passes between the workloads: a packet capture on the mesh's own bridge."""

import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import uuid

HANDSHAKE, APPLICATION_DATA = 0x16, 0x17


class Segment:
    """One TCP segment that carried bytes."""

    def __init__(self, source, destination, payload):
        self.source, self.destination, self.payload = source, destination, payload

    def is_tls(self, kind):
        return len(self.payload) > 5 and self.payload[0] == kind and self.payload[1] == 3


class Capture:
    """with Capture(mesh) as wire: ...; afterwards wire.segments holds what was seen."""

    def __init__(self, mesh):
        self.namespace = mesh.switch()
        self.segments = []

    def __enter__(self):
        # To a file, whole packets, written as they come. As root: the file is not tcpdump's user's.
        self.file = tempfile.NamedTemporaryFile(prefix="mortise-wire-")
        self.tcpdump = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, "tcpdump", "-i", "mesh0", "-Z", "root", "-n",
             "-U", "--immediate-mode", "-s", "0", "-w", self.file.name, "tcp or udp port 9"],
            stderr=subprocess.PIPE, text=True)
        for line in self.tcpdump.stderr:
            if "listening on" in line:
                return self
        raise AssertionError("tcpdump did not start")

    def _wait_for_the_last_packet(self):
        """A datagram behind everything else: once it is in the file, so is the rest."""
        mark = uuid.uuid4().hex
        say = ("import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
               "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1);"
               "s.sendto(sys.argv[1].encode(), ('198.18.255.255', 9))")
        subprocess.run(["ip", "netns", "exec", self.namespace, sys.executable, "-c", say, mark],
                       check=True, timeout=30)
        deadline = time.monotonic() + 30
        while mark.encode() not in open(self.file.name, "rb").read():
            assert time.monotonic() < deadline, "the capture lags behind"

    def __exit__(self, *_):
        self._wait_for_the_last_packet()
        os.kill(self.tcpdump.pid, signal.SIGINT)
        self.tcpdump.communicate(timeout=30)
        with self.file as file:
            self.segments = list(segments(file.read()))
        return False

    def bytes(self):
        """Everything that was carried, one segment after the other."""
        return b"\n".join(segment.payload for segment in self.segments)

    def saw(self, text):
        return text.encode() in self.bytes()

    def tls_records(self, kind=APPLICATION_DATA):
        return [segment for segment in self.segments if segment.is_tls(kind)]


def segments(raw):
    """The TCP segments with bytes in a pcap file of Ethernet and IPv4."""
    assert raw[:4] == b"\xd4\xc3\xb2\xa1", "not a pcap file of this machine"
    at = 24
    while at + 16 <= len(raw):
        size = struct.unpack_from("<I", raw, at + 8)[0]
        frame = raw[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] != b"\x08\x00":
            continue
        packet = frame[14:14 + struct.unpack_from(">H", frame, 16)[0]]
        header = (packet[0] & 15) * 4
        if packet[9] != 6:
            continue
        ports = struct.unpack_from(">HH", packet, header)
        payload = packet[header + (packet[header + 12] >> 4) * 4:]
        if payload:
            addresses = [".".join(map(str, packet[n:n + 4])) for n in (12, 16)]
            yield Segment((addresses[0], ports[0]), (addresses[1], ports[1]), payload)
