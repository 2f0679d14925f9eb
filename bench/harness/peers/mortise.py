"""Ours, as `mortise up` brings it up."""

from ..mesh import PORT
from ..programs import check
from .candidate import Candidate


class Mortise(Candidate):
    name, label = "mortise", "Mortise"
    about = "as `mortise up` starts it, mode STRICT for the pair; reports to its control plane"
    mesh_name = "mesh"

    def start(self):
        self.mesh = self.session.mesh(self.mesh_name)
        self.version = check(self.session.binaries / "mortise", "--version").strip()

    def stop(self):
        """The session takes its meshes down."""

    def proxies(self):
        return self.mesh.proxies("client", "server") if self.shape == "pair" else \
            self.mesh.proxies("client")

    def server_proxies(self):
        return self.mesh.proxies("server")

    def others(self):
        return self.mesh.rest()

    def backend(self):
        return self.mesh.backend("server" if self.shape == "pair" else "plain")

    def client_netns(self):
        return self.mesh.netns("client")

    def switch(self):
        return "-".join(self.client_netns().split("-")[:2]) + "-switch"

    def target(self):
        return self.mesh.service_address("full" if self.shape == "pair" else "plain")

    def server_address(self):
        from ..topology import address_of
        return f"{address_of(self.mesh.netns('server'))}:{PORT}"

    def identity(self):
        return self.mesh.identity_files()

    def uncaptured_uid(self):
        return self.mesh.sidecar_uid("client")


class Control(Mortise):
    """The same binary once more, in a mesh of its own: the A/A control."""

    name, label = "mortise again", "Mortise, once more (A/A)"
    mesh_name = "mesh-again"
