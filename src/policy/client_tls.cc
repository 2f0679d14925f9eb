#include <algorithm>

#include "policy/decide.h"
#include "policy/destination_rules.h"

namespace mortise::policy {
namespace {

ClientTls explicit_choice(model::ClientTlsMode mode) {
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

struct Choice {
  ClientTls tls;
  Because because;
};

bool accepts_tls(const EndpointFacts& endpoint, const RuleBook& rules) {
  return server_mode(endpoint.server, endpoint.port, rules).mode != model::MtlsMode::disable;
}

// M-20 step 5 with K-4: by the endpoint's own label and its own resolved mode.
Choice for_endpoint(const EndpointFacts& endpoint, const RuleBook& rules) {
  const auto& workload = endpoint.server.workload;
  if (!workload.mesh_capable()) {
    return {ClientTls::plain,
            workload.has_sidecar ? Because::tls_mode_label : Because::no_server_sidecar};
  }
  if (!accepts_tls(endpoint, rules)) return {ClientTls::plain, Because::server_disabled};
  return {ClientTls::istio_mutual, Because::auto_mtls};
}

// Headless and PASSTHROUGH: the caller picks the address, so all endpoints decide together
// (K-6, K-14, K-16). Nobody there is as good as one that is not capable.
Choice for_all(const std::vector<EndpointFacts>& endpoints, const RuleBook& rules) {
  const bool capable = std::ranges::all_of(endpoints, [](const EndpointFacts& endpoint) {
    return endpoint.server.workload.mesh_capable();
  });
  if (endpoints.empty() || !capable) return {ClientTls::plain, Because::mixed_endpoints};
  const bool accepted = std::ranges::all_of(
      endpoints, [&](const EndpointFacts& endpoint) { return accepts_tls(endpoint, rules); });
  if (!accepted) return {ClientTls::plain, Because::server_disabled};
  return {ClientTls::istio_mutual, Because::auto_mtls};
}

Choice automatic(const CallFacts& call, bool passthrough, const RuleBook& rules) {
  const bool nobody = call.service == nullptr && call.endpoint == nullptr;
  if (nobody) return {ClientTls::as_is, Because::external};
  if (!rules.settings.auto_mtls) return {ClientTls::plain, Because::auto_off};
  const bool caller_picks = call.service != nullptr && (call.service->headless || passthrough);
  if (caller_picks) return for_all(call.siblings, rules);
  if (call.endpoint == nullptr) return {ClientTls::plain, Because::no_server_sidecar};
  return for_endpoint(*call.endpoint, rules);
}

}  // namespace

ClientDecision client_tls(const CallFacts& call, const RuleBook& rules) {
  ClientDecision decision;
  model::TrafficPolicy policy;
  if (call.service != nullptr && call.service_port != nullptr) {
    const auto merged = rules_for(call.client_namespace, *call.service, rules);
    if (!merged.empty()) decision.rule = merged.front()->meta.ref;
    policy = traffic_policy(merged, call.service_port->port, call.subset);
  }
  if (policy.tls) {  // D-30: as it is, whatever the server's policy
    decision.tls = explicit_choice(policy.tls->mode);
    decision.because = Because::destination_rule;
    decision.settings = std::move(policy.tls);
    return decision;
  }
  const auto choice = automatic(call, policy.passthrough, rules);
  decision.tls = choice.tls;
  decision.because = choice.because;
  return decision;
}

}  // namespace mortise::policy
