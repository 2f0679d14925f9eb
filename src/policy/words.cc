#include "policy/decide.h"

namespace mortise::policy {

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::none:
      return "default";
    case Scope::mesh:
      return "mesh";
    case Scope::namespace_wide:
      return "namespace";
    case Scope::service:
      return "service";
    case Scope::workload:
      return "workload";
    case Scope::port:
      return "port";
  }
  return "?";
}

std::string_view to_string(ClientTls tls) {
  switch (tls) {
    case ClientTls::istio_mutual:
      return "ISTIO_MUTUAL";
    case ClientTls::mutual:
      return "MUTUAL";
    case ClientTls::simple:
      return "SIMPLE";
    case ClientTls::plain:
      return "DISABLE";
    case ClientTls::as_is:
      return "AS_IS";
  }
  return "?";
}

std::string_view to_string(Because because) {
  switch (because) {
    case Because::auto_mtls:
      return "auto";
    case Because::destination_rule:
      return "destination-rule";
    case Because::no_client_sidecar:
      return "no-client-sidecar";
    case Because::no_server_sidecar:
      return "no-server-sidecar";
    case Because::tls_mode_label:
      return "tls-mode-label";
    case Because::server_disabled:
      return "server-disabled";
    case Because::auto_off:
      return "auto-off";
    case Because::external:
      return "external";
    case Because::mixed_endpoints:
      return "mixed-endpoints";
  }
  return "?";
}

}  // namespace mortise::policy
