"""The real product, brought up with `mortise up`: what is measured, and what the peers' namespaces
are modelled on."""

import json
import os
import pathlib
import subprocess

from . import certificates
from .programs import LOAD_CPU, PROXY_CPU, Failed, eventually, pin

PORT = 8080
BODY = 1024
# The backend: nginx answering from memory, with the same words for everybody.
BACKEND = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 19000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 8080 backlog=4096;
    location / { default_type text/plain; return 200 "BODY"; }
  }
}
""".replace("BODY", "x" * BODY)


def backend_command(session, name):
    """The command of a backend with a folder of its own."""
    folder = session.folder(f"backend-{name}")
    folder.chmod(0o1777)
    conf = folder / "nginx.conf"
    conf.write_text(BACKEND)
    conf.chmod(0o644)
    return ["/usr/sbin/nginx", "-e", "stderr", "-p", str(folder), "-c", str(conf)]


def _objects(namespace, name, command, port):
    meta = {"name": name, "namespace": namespace}
    container = {"name": name, "image": "none", "command": command}
    if port:
        container["ports"] = [{"containerPort": port}]
    pod = {"metadata": {"labels": {"app": name}},
           "spec": {"serviceAccountName": name, "containers": [container]}}
    objects = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
         "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": pod}}]
    if port:
        objects.append({"apiVersion": "v1", "kind": "Service", "metadata": meta,
                        "spec": {"selector": {"app": name},
                                 "ports": [{"name": "http", "port": port}]}})
    return objects


def _namespace(name, injected):
    labels = {"istio-injection": "enabled"} if injected else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


class Mesh:
    """client and server in `full` (with sidecars, STRICT), server in `plain` (without). Roles:
    client, server, plain."""

    ROLES = {("full", "client"): "client", ("full", "server"): "server",
             ("plain", "server"): "plain"}

    def __init__(self, session, name):
        self.session, self.name = session, name
        self.folder = session.folder(name)
        self.data = self.folder / "data"
        self.environment = {**os.environ, "MORTISE_DATA_DIR": str(self.data), "NO_COLOR": "1"}

    def mortise(self, *words):
        done = subprocess.run([self.session.binaries / "mortise", *words], env=self.environment,
                              capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise Failed(f"mortise {' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def up(self):
        objects = [_namespace("full", True), _namespace("plain", False),
                   *_objects("full", "client", ["sleep", "infinity"], None)]
        for namespace in ("full", "plain"):
            command = backend_command(self.session, f"{self.name}-{namespace}")
            objects += _objects(namespace, "server", command, PORT)
        file = self.folder / "mesh.yaml"
        file.write_text("".join(f"---\n{json.dumps(one)}\n" for one in objects))
        self.session.at_end(lambda: self.mortise("down", "--purge"))
        self.mortise("up", "-f", str(file), "--detach")
        self.mortise("mtls", "require", "full")
        self.pin()
        return self

    def state(self):
        return json.loads((self.data / "runtime.json").read_text())

    def _is_whole(self):
        """Its sidecars run: their programs and no longer what starts them."""
        try:
            return all(os.readlink(f"/proc/{pid}/exe").endswith("/mortise-proxy")
                       for pid in self.proxies())
        except (OSError, TypeError, KeyError):
            return False

    def instances(self):
        found = {}
        for instance in self.state()["instances"]:
            spec = instance["spec"]
            found[self.ROLES[spec["namespace"], spec["owner"]]] = instance
        return found

    def netns(self, role):
        return self.instances()[role]["netns"]

    def proxies(self, *roles):
        """Pids of the sidecars of these roles, client's first."""
        return [self.instances()[role]["sidecar"]["pid"] for role in roles or ("client", "server")]

    def sidecar_uid(self, role):
        return pathlib.Path(f"/proc/{self.proxies(role)[0]}").stat().st_uid

    def backend(self, role):
        return self.instances()[role]["programs"][0]["process"]["pid"]

    def rest(self):
        """Pids of what is neither sidecar nor workload: supervisor and control plane."""
        return [self.state()["control"]["pid"], self.supervisor()]

    def supervisor(self):
        """The parent of its sidecars."""
        stat = pathlib.Path(f"/proc/{self.proxies()[0]}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[1])

    def pin(self):
        """Again whenever sidecars may have been restarted: a new one is not pinned."""
        eventually(self._is_whole, 10, f"{self.name}: its sidecars run")
        for pid in self.proxies():
            pin(pid, PROXY_CPU)
        for pid in [*self.rest(), self.backend("server"), self.backend("plain")]:
            pin(pid, LOAD_CPU)

    def service_address(self, namespace):
        items = json.loads(self.mortise("get", "services", "-n", namespace, "-o", "json"))["items"]
        return f"{items[0]['spec']['clusterIP']}:{PORT}"

    def edges(self):
        """What both sidecars counted, from the control plane's API."""
        done = subprocess.run(["curl", "-sf", "--unix-socket", self.data / "control.sock",
                               "http://mortise/api/v1/edges"], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)["edges"]

    def identity_files(self):
        """A certificate of this mesh's CA for `client`: (certificate, key, root)."""
        root = (self.data / "ca" / "root-cert.pem", self.data / "ca" / "root-key.pem")
        folder = self.folder / "identity"
        folder.mkdir(exist_ok=True)
        certificate, key = certificates.make_leaf(folder, "client", root)
        copy = folder / "root.pem"
        copy.write_bytes(root[0].read_bytes())
        return certificate, key, copy
