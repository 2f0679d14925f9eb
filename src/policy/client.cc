// The client's half of policy/decide.h: what a sidecar sends on a new connection.
#include <algorithm>

#include "policy/decide.h"
#include "policy/destination_rule.h"

namespace mortise::policy {

namespace {

ClientTls tls_of(model::ClientTlsMode mode) {
  switch (mode) {
    case model::ClientTlsMode::disable:
      return ClientTls::plain;
    case model::ClientTlsMode::simple:
      return ClientTls::simple;
    case model::ClientTlsMode::mutual:
      return ClientTls::mutual;
    case model::ClientTlsMode::istio_mutual:
      return ClientTls::istio_mutual;
  }
  return ClientTls::plain;
}

bool is_disabled(const EndpointFacts& endpoint, const RuleBook& rules) {
  return server_mode(endpoint.server, endpoint.port, rules).mode == model::MtlsMode::disable;
}

struct Choice {
  ClientTls tls;
  Because because;
};

// Where the client cannot know which endpoint it gets, all of them must be able to (K-6, K-14,
// K-16).
Choice for_all(const std::vector<EndpointFacts>& endpoints, const RuleBook& rules) {
  const auto capable = [](const EndpointFacts& endpoint) {
    return endpoint.server.workload.mesh_capable();
  };
  if (endpoints.empty() || !std::ranges::all_of(endpoints, capable)) {
    return {ClientTls::plain, Because::mixed_endpoints};
  }
  const auto disabled = [&](const EndpointFacts& endpoint) { return is_disabled(endpoint, rules); };
  if (std::ranges::any_of(endpoints, disabled)) return {ClientTls::plain, Because::server_disabled};
  return {ClientTls::istio_mutual, Because::auto_mtls};
}

// M-20 step 5 with K-4 and K-17: the endpoint's own label, then its own mode.
Choice for_one(const EndpointFacts* endpoint, const RuleBook& rules) {
  if (endpoint == nullptr) return {ClientTls::plain, Because::no_server_sidecar};
  const auto& workload = endpoint->server.workload;
  if (!workload.mesh_capable()) {
    return {ClientTls::plain,
            workload.has_sidecar ? Because::tls_mode_label : Because::no_server_sidecar};
  }
  if (is_disabled(*endpoint, rules)) return {ClientTls::plain, Because::server_disabled};
  return {ClientTls::istio_mutual, Because::auto_mtls};
}

Choice automatic(const CallFacts& call, bool passthrough, const RuleBook& rules) {
  if (call.service == nullptr && call.endpoint == nullptr) {
    return {ClientTls::as_is, Because::external};
  }
  if (!rules.settings.auto_mtls) return {ClientTls::plain, Because::auto_off};
  const bool endpoint_unknown = call.service != nullptr && (call.service->headless || passthrough);
  return endpoint_unknown ? for_all(call.siblings, rules) : for_one(call.endpoint, rules);
}

}  // namespace

ClientDecision client_tls(const CallFacts& call, const RuleBook& rules) {
  ClientDecision decision;
  bool passthrough = false;
  if (call.service != nullptr && call.service_port != nullptr) {
    const auto rule = find_rule(call.client_namespace, *call.service, rules);
    if (!rule.empty()) decision.rule = rule.front()->meta.ref;
    const auto settings = settings_for(rule, call.service_port->port, call.subset);
    passthrough = settings.passthrough;
    if (settings.tls) {  // D-30: whatever the endpoint is and whatever it enforces
      decision.tls = tls_of(settings.tls->mode);
      decision.because = Because::destination_rule;
      decision.settings = settings.tls;
      return decision;
    }
  }
  const auto choice = automatic(call, passthrough, rules);
  decision.tls = choice.tls;
  decision.because = choice.because;
  return decision;
}

}  // namespace mortise::policy
