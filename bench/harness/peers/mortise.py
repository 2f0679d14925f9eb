"""Ours, as `mortise up` brings it up."""

from ..mesh import PORT
from ..programs import Failed, check, eventually
from ..starting import Sidecar
from ..topology import address_of
from .candidate import Candidate


class Mortise(Candidate):
    name, label = "mortise", "Mortise"
    mesh_name = "mesh"
    _starter = None

    def start(self):
        self.mesh = self.session.mesh(self.mesh_name)
        self.mesh.pin()
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
        return f"{address_of(self.mesh.netns('server'))}:{PORT}"

    def identity(self):
        return self.mesh.identity_files()

    def identities(self, wanted):
        """That both sidecars say what the wire says, and between whom."""
        # Callers that were refused are reported as well, with no request of theirs.
        edges = eventually(lambda: [edge for edge in self.mesh.edges()
                                    if edge["server_id"] and int(edge["requests"]) > 0],
                           10, f"{self.name}: its sidecars report an encrypted edge")
        said = {(edge["tls"], edge["cipher"], edge["client_id"], edge["server_id"])
                for edge in edges}
        names = [f"spiffe://cluster.local/ns/full/sa/{name}" for name in ("client", "server")]
        if said != {(wanted["version"], wanted["cipher"], *names)}:
            raise Failed(f"{self.name}: its sidecars report {said}")
        return {"client": names[0], "server": names[1]}

    def uncaptured_uid(self):
        return self.mesh.sidecar_uid("client")

    def starter(self):
        self._starter = Sidecar(self.mesh, "server")
        return self._starter

    def restore(self):
        if self._starter:
            self._starter.close()
            self._starter = None


class Control(Mortise):
    """The same binary once more, in a mesh of its own: the A/A control."""

    name, label = "mortise again", "Mortise, once more (A/A)"
    mesh_name = "mesh-again"
