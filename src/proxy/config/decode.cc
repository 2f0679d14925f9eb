#include "proxy/config/decode.h"

namespace mortise::proxy {
namespace {

Result<std::uint16_t> decode_port(std::uint32_t port) {
  if (port == 0 || port > 65535) return fail(Code::invalid, "port " + std::to_string(port));
  return static_cast<std::uint16_t>(port);
}

Result<std::optional<model::MtlsMode>> decode_mode(discovery_api::Mode mode) {
  switch (mode) {
    case discovery_api::MODE_UNSET:
      return std::nullopt;
    case discovery_api::MODE_DISABLE:
      return model::MtlsMode::disable;
    case discovery_api::MODE_PERMISSIVE:
      return model::MtlsMode::permissive;
    case discovery_api::MODE_STRICT:
      return model::MtlsMode::strict;
    default:
      return fail(Code::invalid, "unknown mode " + std::to_string(mode));
  }
}

Result<model::Protocol> decode_protocol(discovery_api::Protocol protocol) {
  switch (protocol) {
    case discovery_api::PROTOCOL_AUTOMATIC:
      return model::Protocol::automatic;
    case discovery_api::PROTOCOL_TCP:
      return model::Protocol::tcp;
    case discovery_api::PROTOCOL_HTTP:
      return model::Protocol::http;
    case discovery_api::PROTOCOL_HTTP2:
      return model::Protocol::http2;
    case discovery_api::PROTOCOL_GRPC:
      return model::Protocol::grpc;
    case discovery_api::PROTOCOL_TLS:
      return model::Protocol::tls;
    default:
      return fail(Code::invalid, "unknown protocol " + std::to_string(protocol));
  }
}

Result<model::ClientTlsMode> decode_client_mode(discovery_api::ClientRules::ClientTlsMode mode) {
  switch (mode) {
    case discovery_api::ClientRules::CLIENT_TLS_MODE_DISABLE:
      return model::ClientTlsMode::disable;
    case discovery_api::ClientRules::CLIENT_TLS_MODE_SIMPLE:
      return model::ClientTlsMode::simple;
    case discovery_api::ClientRules::CLIENT_TLS_MODE_MUTUAL:
      return model::ClientTlsMode::mutual;
    case discovery_api::ClientRules::CLIENT_TLS_MODE_ISTIO_MUTUAL:
      return model::ClientTlsMode::istio_mutual;
    default:
      return fail(Code::invalid, "unknown client mode " + std::to_string(mode));
  }
}

model::Meta decode_meta(const discovery_api::Meta& from) {
  model::Meta meta;
  meta.ref = {from.kind(), from.namespace_(), from.name()};
  meta.created_seconds = from.created_seconds();
  meta.created_order = from.created_order();
  meta.origin = {from.file(), from.line()};
  return meta;
}

Result<model::TrafficPolicy> decode_traffic(const discovery_api::ClientRules::TrafficPolicy& from) {
  model::TrafficPolicy policy;
  policy.passthrough = from.passthrough();
  if (!from.has_tls()) return policy;
  TRY(const auto mode, decode_client_mode(from.tls_mode()));
  model::ClientTlsSettings& tls = policy.tls.emplace();
  tls.mode = mode;
  tls.sni = from.sni();
  tls.subject_alt_names = {from.subject_alt_names().begin(), from.subject_alt_names().end()};
  tls.client_certificate = from.client_certificate();
  tls.private_key = from.private_key();
  tls.ca_certificates = from.ca_certificates();
  return policy;
}

template <class Map>
Result<std::map<std::uint16_t, model::TrafficPolicy>> decode_port_policies(const Map& from) {
  std::map<std::uint16_t, model::TrafficPolicy> policies;
  for (const auto& [number, policy] : from) {
    TRY(const auto port, decode_port(number));
    TRY(policies[port], decode_traffic(policy));
  }
  return policies;
}

Result<model::DestinationRule> decode_rule(const discovery_api::ClientRules::Rule& from) {
  model::DestinationRule rule;
  rule.meta = decode_meta(from.meta());
  rule.host = from.host();
  rule.export_to = {from.export_to().begin(), from.export_to().end()};
  if (from.has_policy()) {
    TRY(rule.policy, decode_traffic(from.policy()));
  }
  TRY(rule.port_policies, decode_port_policies(from.port_policies()));
  for (const auto& part : from.subsets()) {
    model::DestinationRule::Subset subset;
    subset.name = part.name();
    subset.labels = {part.labels().begin(), part.labels().end()};
    if (part.has_policy()) {
      TRY(subset.policy, decode_traffic(part.policy()));
    }
    TRY(subset.port_policies, decode_port_policies(part.port_policies()));
    rule.subsets.push_back(std::move(subset));
  }
  return rule;
}

Result<model::LegacyPolicy> decode_legacy(const discovery_api::Modes::LegacyPolicy& from) {
  model::LegacyPolicy policy;
  policy.meta = decode_meta(from.meta());
  TRY(const auto mode, decode_mode(from.mode()));
  policy.mode = mode.value_or(model::MtlsMode::disable);  // P-8
  for (const auto& part : from.targets()) {
    model::LegacyPolicy::Target target{part.service(), {}};
    for (const auto& selector : part.ports()) {
      if (selector.number() == 0) {
        target.ports.emplace_back(selector.name());
        continue;
      }
      TRY(const auto port, decode_port(selector.number()));
      target.ports.emplace_back(port);
    }
    policy.targets.push_back(std::move(target));
  }
  return policy;
}

Result<model::PeerAuthentication> decode_peer_authentication(
    const discovery_api::Modes::PeerAuthentication& from) {
  model::PeerAuthentication policy;
  policy.meta = decode_meta(from.meta());
  policy.selector = {from.selector().begin(), from.selector().end()};
  TRY(policy.mode, decode_mode(from.mode()));
  for (const auto& [number, value] : from.port_modes()) {
    TRY(const auto port, decode_port(number));
    TRY(policy.port_modes[port], decode_mode(value));
  }
  return policy;
}

Result<InboundPort> decode_inbound_port(const discovery_api::InboundPolicy::Port& from) {
  InboundPort port;
  TRY(const auto mode, decode_mode(from.mode()));
  if (!mode) return fail(Code::invalid, "an inbound port without a mode");
  port.mode = *mode;
  TRY(port.protocol, decode_protocol(from.protocol()));
  port.scope = from.scope();
  port.because = from.because();
  return port;
}

}  // namespace

Result<model::Workload> decode_workload(const discovery_api::Workload& from) {
  model::Workload workload;
  workload.namespace_name = from.namespace_();
  workload.name = from.name();
  workload.owner = from.owner();
  workload.owner_kind = from.owner_kind();
  workload.service_account = from.service_account();
  workload.labels = {from.labels().begin(), from.labels().end()};
  TRY(workload.address, IpAddress::parse(from.address()));
  for (const auto& part : from.ports()) {
    TRY(const auto port, decode_port(part.port()));
    workload.ports.push_back({part.name(), port});
  }
  workload.has_sidecar = from.has_sidecar();
  workload.tls_mode = from.tls_mode();
  workload.ready = from.ready();
  return workload;
}

Result<KnownService> decode_service(const discovery_api::Service& from) {
  KnownService known;
  model::Service& service = known.service;
  service.meta = decode_meta(from.meta());
  service.headless = from.headless();
  if (!from.address().empty()) {
    TRY(service.address, IpAddress::parse(from.address()));
  }
  for (const auto& part : from.ports()) {
    model::ServicePort port;
    port.name = part.name();
    TRY(port.port, decode_port(part.port()));
    if (part.target_number() == 0) {
      port.target = part.target_name();
    } else {
      TRY(port.target, decode_port(part.target_number()));
    }
    TRY(port.protocol, decode_protocol(part.protocol()));
    service.ports.push_back(std::move(port));
  }
  known.workloads = {from.workloads().begin(), from.workloads().end()};
  return known;
}

Result<void> decode_modes(const discovery_api::Modes& from, policy::RuleBook& into) {
  for (const auto& policy : from.legacy()) {
    TRY(auto decoded, decode_legacy(policy));
    into.legacy.push_back(std::move(decoded));
  }
  for (const auto& policy : from.peer_authentications()) {
    TRY(auto decoded, decode_peer_authentication(policy));
    into.peer_authentications.push_back(std::move(decoded));
  }
  return {};
}

Result<void> decode_rules(const discovery_api::ClientRules& from, policy::RuleBook& into) {
  for (const auto& rule : from.rules()) {
    TRY(auto decoded, decode_rule(rule));
    into.destination_rules.push_back(std::move(decoded));
  }
  return {};
}

Result<void> decode_inbound(const discovery_api::InboundPolicy& from, Snapshot& into) {
  into.inbound.clear();
  for (const auto& part : from.ports()) {
    TRY(const auto number, decode_port(part.port()));
    TRY(into.inbound[number], decode_inbound_port(part));
  }
  if (from.has_others()) {
    TRY(into.inbound_others, decode_inbound_port(from.others()));
  }
  return {};
}

TrustRoots decode_trust(const discovery_api::TrustBundle& from) {
  return {from.trust_domain(),
          {from.aliases().begin(), from.aliases().end()},
          {from.roots_der().begin(), from.roots_der().end()}};
}

Result<void> decode_settings(const discovery_api::MeshSettings& from, Snapshot& into,
                             model::MeshSettings& settings) {
  settings.auto_mtls = from.auto_mtls();
  settings.trust_domain = from.trust_domain();
  settings.trust_domain_aliases = {from.trust_domain_aliases().begin(),
                                   from.trust_domain_aliases().end()};
  settings.root_namespace = from.root_namespace();
  settings.cluster_domain = from.cluster_domain();
  into.mesh_ranges.clear();
  for (const auto& cidr : from.mesh_ranges()) {
    TRY(const auto range, AddressRange::parse(cidr));
    into.mesh_ranges.push_back(range);
  }
  into.complete = from.complete();
  return {};
}

}  // namespace mortise::proxy
