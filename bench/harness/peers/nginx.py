"""nginx from Debian as a proxy: one worker, kept connections upstream, no log."""

from ..machine import version
from ..programs import find
from ..session import Absent
from .candidate import INBOUND_SOURCE, Peer

CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/{side}.pid;
error_log stderr crit;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{side}-body;
  proxy_temp_path {folder}/{side}-proxy;
  fastcgi_temp_path {folder}/{side}-fastcgi;
  uwsgi_temp_path {folder}/{side}-uwsgi;
  scgi_temp_path {folder}/{side}-scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  upstream there {{
    server {next};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_time 24h;
    keepalive_timeout 1h;
  }}
  server {{
    listen {listen} backlog=4096 {accept};
    {tls}
    location / {{
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Client-Cert {header};
      proxy_pass {scheme}://there;
    }}
  }}
}}
"""
ACCEPT = """ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server-key.pem;
    ssl_client_certificate {folder}/root.pem;
    ssl_verify_client on;
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_conf_command Ciphersuites {cipher};
    ssl_session_cache shared:sessions:10m;
    proxy_bind {source};"""
DIAL = """proxy_ssl_certificate {folder}/client.pem;
    proxy_ssl_certificate_key {folder}/client-key.pem;
    proxy_ssl_trusted_certificate {folder}/root.pem;
    proxy_ssl_verify on;
    proxy_ssl_name {name};
    proxy_ssl_server_name on;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_conf_command Ciphersuites {cipher};
    proxy_ssl_session_reuse on;"""


class Nginx(Peer):
    name, label = "nginx", "nginx"

    def check_present(self):
        self.program = find("nginx")
        if self.program is None:
            raise Absent("nginx is not installed (tools/install.sh bench)")
        self.version = version(self.program, "-v").removeprefix("nginx version: ")

    def command(self, side):
        values = self.settings(side)
        accepts, dials = (self.shape == "pair" and side == one for one in ("server", "client"))
        values["accept"] = "ssl" if accepts else ""
        values["scheme"] = "https" if dials else "http"
        values["source"] = INBOUND_SOURCE
        values["tls"] = ACCEPT.format(**values) if accepts else \
            DIAL.format(**values) if dials else ""
        values["header"] = '"Subject=\\"$ssl_client_s_dn\\""' if accepts else '""'
        return [self.program, "-e", "stderr", "-p", self.folder, "-c",
                self.write(side, CONFIG.format(**values))]
