// policy/decide.h — the two decisions of a mesh, as pure functions that say why: which mode a
// server enforces, and what a client sends (semantics section 11). Compiled into both planes, so
// that what the CLI predicts is what the proxy does.
#pragma once

#include <optional>
#include <string>

#include "policy/facts.h"

namespace mortise::policy {

// The level that supplied a mode, in docs/spec/cli.md's words.
enum class Scope : std::uint8_t { none, mesh, namespace_wide, service, workload, port };
std::string_view to_string(Scope scope);  // "default", "mesh", "namespace", "service", ...

struct ServerMode {
  model::MtlsMode mode = model::MtlsMode::permissive;
  Scope scope = Scope::none;                // none: the built-in default (K-2)
  std::optional<model::ObjectRef> because;  // the object that supplied the mode
  model::Origin origin;                     // where that object was written, if known
  friend bool operator==(const ServerMode&, const ServerMode&) = default;
};

// What `port` of the workload accepts. Never depends on DestinationRules (Z-2).
ServerMode server_mode(const ServerFacts& server, std::uint16_t port, const RuleBook& rules);

// The policy that applies to a scope as a whole, for `mtls get`: no workload involved.
ServerMode mesh_mode(const RuleBook& rules);
ServerMode namespace_mode(const std::string& namespace_name, const RuleBook& rules);
// Of a service port; without a port, what holds for the service's ports that no port policy names.
ServerMode service_mode(const model::Service& service, const model::ServicePort* port,
                        const RuleBook& rules);

enum class ClientTls : std::uint8_t { istio_mutual, mutual, simple, plain, as_is };
std::string_view to_string(
    ClientTls tls);  // "ISTIO_MUTUAL", "MUTUAL", "SIMPLE", "DISABLE", "AS_IS"

// Why a client sends what it sends, in docs/spec/cli.md's words.
enum class Because : std::uint8_t {
  auto_mtls,
  destination_rule,
  no_client_sidecar,
  no_server_sidecar,
  tls_mode_label,
  server_disabled,
  auto_off,
  external,
  mixed_endpoints,
};
std::string_view to_string(Because because);  // "auto", "destination-rule", ...

struct ClientDecision {
  ClientTls tls = ClientTls::as_is;
  Because because = Because::external;
  std::optional<model::ObjectRef> rule;  // the DestinationRule looked up, if any
  // For explicit rules: sni, subjectAltNames and files as written.
  std::optional<model::ClientTlsSettings> settings;
  friend bool operator==(const ClientDecision&, const ClientDecision&) = default;
};

// What a client **with a sidecar** sends on a new connection for this call.
ClientDecision client_tls(const CallFacts& call, const RuleBook& rules);

}  // namespace mortise::policy
