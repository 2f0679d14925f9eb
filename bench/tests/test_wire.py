"""What is read off the wire."""

import struct

from harness import topology, traffic, wire


def hello(extensions, cipher=0x1301, random=b"r" * 32):
    body = b"\x03\x03" + random + b"\x20" + b"s" * 32 + struct.pack(">HB", cipher, 0)
    packed = b"".join(struct.pack(">HH", kind, len(value)) + value for kind, value in extensions)
    body += struct.pack(">H", len(packed)) + packed
    handshake = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + struct.pack(">H", len(handshake)) + handshake


VERSION = (43, b"\x03\x04")
SHARE = (51, b"\x00\x1d\x00\x20" + b"k" * 32)


def test_a_server_hello_tells_version_cipher_and_group():
    assert wire.server_hello(hello([VERSION, SHARE])) == {
        "version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "X25519",
        "resumed": False}


def test_a_resumed_handshake_is_told_from_a_full_one():
    assert wire.server_hello(hello([SHARE, (41, b"\x00\x00"), VERSION]))["resumed"]


def test_what_is_not_wanted_is_not_hidden():
    facts = wire.server_hello(hello([(51, b"\x00\x17\x00\x00")], cipher=0x1302))
    assert facts["version"] == "TLSv1.2"
    assert facts["cipher"] == "TLS_AES_256_GCM_SHA384"
    assert facts["group"] == "P-256"


def test_a_retry_a_client_hello_and_plain_text_are_no_server_hello():
    assert wire.server_hello(hello([VERSION, SHARE], random=wire.RETRY)) is None
    assert wire.server_hello(b"\x16\x03\x01\x00\x40\x01" + b"x" * 60) is None
    assert wire.server_hello(b"GET / HTTP/1.1\r\nHost: server.example.org\r\n\r\n") is None
    assert wire.server_hello(b"") is None


def test_the_payload_of_a_frame_is_what_tcp_carries():
    ip = b"\x45\x00" + struct.pack(">H", 20 + 32 + 5) + b"\0" * 5 + b"\x06" + b"\0" * 10
    tcp = b"\0" * 12 + b"\x80" + b"\0" * 19
    assert wire.tcp_payload(b"\0" * 12 + b"\x08\x00" + ip + tcp + b"hello" + b"pad") == b"hello"
    assert wire.tcp_payload(b"\0" * 12 + b"\x08\x06" + b"\0" * 40) == b""


def test_peers_get_the_same_rules_with_their_own_uid():
    rules = "meta skuid 1681277184 goto own\nmeta l4proto tcp redirect to :15001\n"
    assert topology.with_uid(rules, 7) == rules.replace("1681277184", "7")


def test_the_rate_stays_below_the_weakest_proxy_and_limits_do_not_count():
    found = {"mortise": 8000.0, "envoy": 2000.0, "copy loop": 100.0, "no proxy": 50000.0}
    assert traffic.safe_rate(5000, found) == 1100
    assert traffic.safe_rate(1000, found) == 1000


def test_rates_that_a_slow_machine_brought_together_are_one():
    assert traffic.distinct([1000, 5000]) == [1000, 5000]
    assert traffic.distinct([1000, 1100]) == [1000]
