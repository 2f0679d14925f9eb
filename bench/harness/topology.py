"""Namespaces for the peers, cut to the measure of a running mesh: the same addresses, the same
bridge between them, and the mesh's own capture rules with another uid in them."""

import json
import re
import uuid

from .programs import PROXY_UID, check


def rules_of(netns):
    """The nftables rules in force there, as `nft -f` takes them."""
    return check("nft", "list", "ruleset", netns=netns)


def with_uid(rules, uid):
    """The same rules, exempting another proxy's uid from capture."""
    return re.sub(r"(meta skuid )\d+", rf"\g<1>{uid}", rules)


def address_of(netns):
    """Its own address, as 198.18.0.2."""
    links = json.loads(check("ip", "-json", "addr", "show", "dev", "eth0", netns=netns))
    return next(info["local"] for info in links[0]["addr_info"] if info["family"] == "inet")


class Clone:
    """A switch and one namespace for each role, like those of the mesh it was made after."""

    def __init__(self, roles, captured=True):
        """roles: {role: (netns to copy, whether its rules are copied)}."""
        self._id = uuid.uuid4().hex[:6]
        self.netns = {role: f"bench-{self._id}-{role}" for role in roles}
        self.address = {}
        self._switch = f"bench-{self._id}-switch"
        self._captured = captured
        self._made = []
        try:
            self._build(roles)
        except BaseException:
            self.remove()
            raise

    def _add(self, name):
        check("ip", "netns", "add", name)
        self._made.append(name)
        check("ip", "link", "set", "lo", "up", netns=name)
        check("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0", netns=name)

    def _build(self, roles):
        self._add(self._switch)
        check("ip", "link", "add", "mesh0", "type", "bridge", netns=self._switch)
        check("ip", "addr", "add", "198.18.0.1/16", "dev", "mesh0", netns=self._switch)
        check("ip", "link", "set", "mesh0", "up", netns=self._switch)
        for number, (role, original) in enumerate(roles.items()):
            self._connect(role, original, f"port{number}")

    def _connect(self, role, original, port):
        name = self.netns[role]
        self._add(name)
        self.address[role] = address_of(original)
        check("ip", "link", "add", port, "netns", self._switch, "type", "veth", "peer", "name",
              "eth0", "netns", name)
        check("ip", "link", "set", port, "master", "mesh0", "up", netns=self._switch)
        check("ip", "addr", "add", f"{self.address[role]}/16", "dev", "eth0", netns=name)
        check("ip", "link", "set", "eth0", "up", netns=name)
        check("ip", "route", "add", "default", "dev", "eth0", netns=name)
        if self._captured:
            check("nft", "-f", "-", netns=name, stdin=with_uid(rules_of(original), PROXY_UID))

    @property
    def switch(self):
        return self._switch

    def remove(self):
        """The veth pairs and bridges go with their namespaces."""
        for name in reversed(self._made):
            check("ip", "netns", "del", name)
        self._made = []
