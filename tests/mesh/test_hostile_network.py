"""A hostile program cannot talk around its sidecar, nor as somebody else, nor to a STRICT port
without an identity (architecture section 9; semantics J-23 to J-26, S-43)."""

import json
import subprocess

import hostility
import pytest
from capture import HANDSHAKE, Capture
from mesh import eventually, go_on, kill, stop

FILES = hostility.files
NOTHING = {"ECONNREFUSED", "ECONNRESET", "ENOTCONN", "ENETUNREACH", "EHOSTUNREACH", "EINVAL",
           "EPERM", "EADDRNOTAVAIL", "EPROTONOSUPPORT", "silence", "closed"}
WAYS = [(), ("v6",), ("fast",), ("multipath",)]
OUTSIDE = "198.51.100.1"  # RFC 5737
BRIDGE = "198.18.0.1"
PORTS = range(15000, 15091)
ECHO = "echo hello\n"


@pytest.fixture(scope="module")
def town(mesh):
    hostility.require_mtls(mesh)
    return hostility.Town(mesh)


@pytest.fixture(params=["hostile", "rooted", "stranger"])
def attacker(request, town):
    return town[request.param]


def check_nothing(attempts):
    assert attempts
    assert {what: word for what, word in attempts.items() if word not in NOTHING} == {}


def callers_of(mesh, pod):
    """Whom the connections to its service came from: {identity, "" for none}."""
    done = subprocess.run(["curl", "-s", "--unix-socket", mesh.data_dir / "control.sock",
                           "http://x/api/v1/edges"], capture_output=True, text=True, check=True)
    return {edge["client_id"] for edge in json.loads(done.stdout)["edges"]
            if edge["destination"] == f"town/{pod}" and edge["port"] == 9000
            and edge["security"] != "refused"}


@pytest.mark.parametrize("options", WAYS)
def test_every_way_to_connect_goes_through_the_sidecar(town, options):
    """IPv4 inside an IPv6 socket, data in the SYN, Multipath TCP. STRICT would reset all else."""
    victim = town["victim"].address
    host = f"::ffff:{victim}" if "v6" in options else victim
    answer = town["hostile"].tries("tcp", host, 9000, *options)
    assert answer == ECHO or (answer, *options) == ("EPROTONOSUPPORT", "multipath")


@pytest.mark.parametrize("options", [*WAYS, ("device=eth0",), ("device=lo",)])
def test_without_a_sidecar_no_way_leads_to_a_strict_port(town, options):
    victim = town["victim"].address
    host = f"::ffff:{victim}" if "v6" in options else victim
    check_nothing({options: town["stranger"].tries("tcp", host, 9000, *options)})


def test_a_socket_bound_to_a_device_reaches_nobody(town):
    """The redirect leads to the loopback interface, which such a socket cannot use."""
    check_nothing({device: town["hostile"].tries("tcp", town[to].address, 9000, f"device={device}")
                   for device in ("eth0", "lo") for to in ("victim", "stranger")})


def test_nobody_speaks_from_an_address_that_is_not_its_own(town, attacker):
    """127.0.0.6 is what the rules let pass for the sidecar; the other is a neighbour's."""
    found = {}
    for source in ("127.0.0.6", town["shared"].address, BRIDGE):
        for to in ("victim", "sharing"):
            address = town[to].address
            found["tcp", source, to] = attacker.tries("tcp", address, 9000, f"from={source}")
            found["udp", source, to] = attacker.tries("udp", address, 9001, source)
    check_nothing(found)


def test_the_sidecars_source_leads_to_the_own_program_only(town):
    """What 127.0.0.6 gains: the way to oneself, which loopback is anyway (J-23, J-24)."""
    hostile = town["hostile"]
    assert hostile.tries("tcp", hostile.address, 9000, "from=127.0.0.6") == ECHO


def test_marks_and_transparent_sockets_are_refused(attacker):
    assert attacker.tries("mark", 1) == "EPERM"
    assert attacker.tries("transparent") == "EPERM"


@pytest.mark.parametrize("family,kind,protocol", [
    ("AF_INET", "SOCK_RAW", 6), ("AF_INET", "SOCK_RAW", 255), ("AF_INET", "SOCK_DGRAM", 1),
    ("AF_INET6", "SOCK_RAW", 58), ("AF_PACKET", "SOCK_RAW", 3), ("AF_PACKET", "SOCK_DGRAM", 3)])
def test_raw_packets_are_refused(attacker, family, kind, protocol):
    """So neither ARP, nor ICMP, nor a packet of another's address can be made."""
    assert attacker.tries("special_socket", family, kind, protocol) in hostility.REFUSED


def test_no_port_of_a_sidecar_serves_the_program(town):
    """15001 dials nobody and 15006 leads nowhere (S-43); nothing else listens."""
    hostile = town["hostile"]
    check_nothing({(host, port): hostile.tries("tcp", host, port) for port in PORTS
                   for host in ("127.0.0.1", "127.0.0.6", hostile.address)})


def test_no_port_of_a_sidecar_serves_a_neighbour(town, attacker):
    check_nothing({port: attacker.tries("tcp", town["victim"].address, port) for port in PORTS})


def test_the_sidecars_ports_cannot_be_taken_from_it(town):
    hostile = town["hostile"]
    taken = {(host, port): hostile.tries("listen", host, port)
             for host, port in (("0.0.0.0", 15001), ("127.0.0.1", 15001), ("0.0.0.0", 15006),
                                ("127.0.0.1", 15006), (hostile.address, 15006))}
    assert set(taken.values()) == {"EADDRINUSE"}, taken


def test_the_bridge_serves_nobody(attacker):
    check_nothing({port: attacker.tries("tcp", BRIDGE, port)
                   for port in (22, 53, 80, 8642, 15001, 15006)})
    assert attacker.tries("udp", BRIDGE, 53) == "ECONNREFUSED"


def test_nothing_leaves_for_the_outside(attacker):
    check_nothing({
        "tcp": attacker.tries("tcp", OUTSIDE, 80), "udp": attacker.tries("udp", OUTSIDE, 53),
        "multicast": attacker.tries("udp", "224.0.0.1", 53),
        "an address of nobody": attacker.tries("udp", "198.19.0.200", 53)})


def test_no_ipv6_leaves(attacker):
    check_nothing({host: attacker.tries(what, host, port, *more)
                   for host in ("fe80::1%eth0", "2001:db8::1", "ff02::1%eth0")
                   for what, port, more in (("tcp", 9000, ("v6",)), ("udp", 9001, ()))})
    assert "eth0" not in attacker.tries("read", "/proc/net/if_inet6")


def test_loopback_is_the_programs_own(town):
    """J-23: also while everything else goes through the sidecar."""
    assert town["hostile"].tries("tcp", "127.0.0.1", 9000) == ECHO


@pytest.mark.parametrize("source", ["hostile", "stranger"])
def test_udp_reaches_a_neighbour_unprotected(town, source):
    """J-26: modes are about TCP. The source address is true, and nothing more is."""
    sender = town[source]
    answer = sender.tries("udp", town["victim"].address, 9001)
    assert answer == f"echo hello to {sender.address}"


def test_what_a_hostile_program_did_is_reported_as_its_own(mesh, town):
    """Whatever source address it wrote, the identity of its certificate is what is recorded."""
    assert town["hostile"].tries("tcp", town["victim"].address, 9000) == ECHO
    assert eventually(lambda: callers_of(mesh, town["victim"].pod))
    own = "spiffe://cluster.local/ns/town/sa/"
    assert callers_of(mesh, town["victim"].pod) <= {own + "hostile", own + "rooted"}


def ip(netns, *words):
    subprocess.run(["ip", "-n", netns.name, *words], check=True)


def test_a_neighbour_that_takes_over_an_address_gets_nothing_readable(mesh, town):
    """As a successful ARP forger would: victim's address leads to a plain echo."""
    hostile, impostor = town["hostile"], town["stranger"]
    address = town["victim"].address
    link = subprocess.run(["ip", "-n", impostor.netns.name, "-j", "link", "show", "eth0"],
                          capture_output=True, text=True, check=True)
    own = {"lladdr": json.loads(link.stdout)[0]["address"], "nud": "permanent"}
    ip(impostor.netns, "address", "add", f"{address}/32", "dev", "eth0")
    ip(hostile.netns, "neighbour", "replace", address, "dev", "eth0",
       *(word for pair in own.items() for word in pair))
    try:
        with Capture(mesh) as wire:
            check_nothing({"tcp": hostile.tries("tcp", address, 9000)})
        assert wire.tls_records(HANDSHAKE)
        assert not wire.saw("hello")
    finally:
        ip(impostor.netns, "address", "del", f"{address}/32", "dev", "eth0")
        ip(hostile.netns, "neighbour", "del", address, "dev", "eth0")
    assert hostile.tries("tcp", address, 9000) == ECHO


def test_a_connection_made_while_the_sidecar_is_gone_never_goes_around_it(mesh, town):
    """Last: it ends sidecars. First they wait in the backlog; then nobody takes them."""
    hostile, stranger = town["hostile"], town["stranger"]
    supervisor = town.supervisor
    stop(supervisor)
    try:
        kill(hostile.process("sidecar"))
        # STRICT, and a workload without sidecar that would serve anything.
        check_nothing({to.name: hostile.tries("tcp", to.address, 9000)
                       for to in (town["victim"], stranger)})
    finally:
        go_on(supervisor)
    assert eventually(lambda: hostile.tries("tcp", town["victim"].address, 9000) == ECHO, within=30)
