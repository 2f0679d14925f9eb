"""HAProxy from Debian, as shipped and with its debugging of memory turned off."""

from ..machine import version
from ..programs import find
from ..session import Absent
from .candidate import INBOUND_SOURCE, Peer

CONFIG = """
global
  nbthread 1
  maxconn 9500
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-bind-ciphersuites {cipher}
  ssl-default-bind-curves X25519
  ssl-default-server-options ssl-min-ver TLSv1.3
  ssl-default-server-ciphersuites {cipher}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  timeout http-request 30s
  http-reuse always
  backlog 4096
frontend here
  bind 0.0.0.0:{listen} {accept}
  {header}
  default_backend there
backend there
  server next {next} {dial}
"""
ACCEPT = "ssl crt {folder}/server-both.pem ca-file {folder}/root.pem verify required alpn http/1.1"
DIAL = ("ssl crt {folder}/client-both.pem ca-file {folder}/root.pem verify required"
        " sni str({name}) alpn http/1.1")
FROM = f"source {INBOUND_SOURCE}"
WHO = 'http-request set-header X-Forwarded-Client-Cert Subject=%{+Q}[ssl_c_s_dn]'


class HAProxy(Peer):
    name, label = "haproxy", "HAProxy"
    options = ()

    def check_present(self):
        self.program = find("haproxy")
        if self.program is None:
            raise Absent("haproxy is not installed (tools/install.sh bench)")
        self.version = version(self.program, "-v").replace(" version", "").partition(" 20")[0]

    def command(self, side):
        values = self.settings(side)
        with_tls = self.shape == "pair"
        values["accept"] = ACCEPT.format(**values) if with_tls and side == "server" else ""
        values["dial"] = FROM if side == "server" else DIAL.format(**values) if with_tls else ""
        values["header"] = WHO if side == "server" else \
            "http-request del-header X-Forwarded-Client-Cert"
        return [self.program, "-db", *self.options, "-f",
                self.write(side, CONFIG.format(**values))]


class TunedHAProxy(HAProxy):
    name, label = "haproxy tuned", "HAProxy -dMno-tag,global"
    options = ("-dMno-tag,global",)
