#include "control/discovery/encode.h"

namespace mortise::control::discovery {
namespace {

api::Mode encode(model::MtlsMode mode) {
  switch (mode) {
    case model::MtlsMode::disable:
      return api::MODE_DISABLE;
    case model::MtlsMode::permissive:
      return api::MODE_PERMISSIVE;
    case model::MtlsMode::strict:
      return api::MODE_STRICT;
  }
  return api::MODE_UNSET;
}

api::Mode encode(const std::optional<model::MtlsMode>& mode) {
  return mode ? encode(*mode) : api::MODE_UNSET;
}

api::Protocol encode(model::Protocol protocol) {
  switch (protocol) {
    case model::Protocol::automatic:
      return api::PROTOCOL_AUTOMATIC;
    case model::Protocol::tcp:
      return api::PROTOCOL_TCP;
    case model::Protocol::http:
      return api::PROTOCOL_HTTP;
    case model::Protocol::http2:
      return api::PROTOCOL_HTTP2;
    case model::Protocol::grpc:
      return api::PROTOCOL_GRPC;
    case model::Protocol::tls:
      return api::PROTOCOL_TLS;
  }
  return api::PROTOCOL_AUTOMATIC;
}

api::ClientRules::ClientTlsMode encode(model::ClientTlsMode mode) {
  switch (mode) {
    case model::ClientTlsMode::disable:
      return api::ClientRules::CLIENT_TLS_MODE_DISABLE;
    case model::ClientTlsMode::simple:
      return api::ClientRules::CLIENT_TLS_MODE_SIMPLE;
    case model::ClientTlsMode::mutual:
      return api::ClientRules::CLIENT_TLS_MODE_MUTUAL;
    case model::ClientTlsMode::istio_mutual:
      return api::ClientRules::CLIENT_TLS_MODE_ISTIO_MUTUAL;
  }
  return api::ClientRules::CLIENT_TLS_MODE_DISABLE;
}

void encode(const model::Meta& meta, api::Meta& out) {
  out.set_kind(meta.ref.kind);
  out.set_namespace_(meta.ref.namespace_name);
  out.set_name(meta.ref.name);
  out.set_created_seconds(meta.created_seconds);
  out.set_created_order(meta.created_order);
  out.set_file(meta.origin.file);
  out.set_line(meta.origin.line);
}

void encode(const model::LegacyPolicy& policy, api::Modes::LegacyPolicy& out) {
  encode(policy.meta, *out.mutable_meta());
  out.set_mode(encode(policy.mode));
  for (const auto& target : policy.targets) {
    auto& encoded = *out.add_targets();
    encoded.set_service(target.service);
    for (const auto& port : target.ports) {
      auto& selector = *encoded.add_ports();
      if (const auto* number = std::get_if<std::uint16_t>(&port)) {
        selector.set_number(*number);
      } else {
        selector.set_name(std::get<std::string>(port));
      }
    }
  }
}

void encode(const model::PeerAuthentication& peer, api::Modes::PeerAuthentication& out) {
  encode(peer.meta, *out.mutable_meta());
  out.set_mode(encode(peer.mode));
  out.mutable_selector()->insert(peer.selector.begin(), peer.selector.end());
  for (const auto& [port, mode] : peer.port_modes) (*out.mutable_port_modes())[port] = encode(mode);
}

api::ClientRules::TrafficPolicy encode(const model::TrafficPolicy& policy) {
  api::ClientRules::TrafficPolicy out;
  out.set_passthrough(policy.passthrough);
  if (!policy.tls) return out;
  out.set_has_tls(true);
  out.set_tls_mode(encode(policy.tls->mode));
  out.set_sni(policy.tls->sni);
  for (const auto& name : policy.tls->subject_alt_names) out.add_subject_alt_names(name);
  out.set_client_certificate(policy.tls->client_certificate);
  out.set_private_key(policy.tls->private_key);
  out.set_ca_certificates(policy.tls->ca_certificates);
  return out;
}

void encode(const model::DestinationRule& rule, api::ClientRules::Rule& out) {
  encode(rule.meta, *out.mutable_meta());
  out.set_host(rule.host);
  for (const auto& scope : rule.export_to) out.add_export_to(scope);
  if (rule.policy) *out.mutable_policy() = encode(*rule.policy);
  for (const auto& [port, policy] : rule.port_policies) {
    (*out.mutable_port_policies())[port] = encode(policy);
  }
  for (const auto& subset : rule.subsets) {
    auto& encoded = *out.add_subsets();
    encoded.set_name(subset.name);
    encoded.mutable_labels()->insert(subset.labels.begin(), subset.labels.end());
    if (subset.policy) *encoded.mutable_policy() = encode(*subset.policy);
    for (const auto& [port, policy] : subset.port_policies) {
      (*encoded.mutable_port_policies())[port] = encode(policy);
    }
  }
}

}  // namespace

api::Workload encode(const model::Workload& workload) {
  api::Workload out;
  out.set_namespace_(workload.namespace_name);
  out.set_name(workload.name);
  out.set_owner(workload.owner);
  out.set_owner_kind(workload.owner_kind);
  out.set_service_account(workload.service_account);
  out.set_address(workload.address.to_string());
  out.mutable_labels()->insert(workload.labels.begin(), workload.labels.end());
  out.set_tls_mode(workload.tls_mode);
  out.set_has_sidecar(workload.has_sidecar);
  out.set_ready(workload.ready);
  for (const auto& port : workload.ports) {
    auto& encoded = *out.add_ports();
    encoded.set_name(port.name);
    encoded.set_port(port.port);
  }
  return out;
}

api::Service encode(const model::Service& service, const std::vector<std::string>& workloads) {
  api::Service out;
  encode(service.meta, *out.mutable_meta());
  out.set_headless(service.headless);
  if (!service.headless) out.set_address(service.address.to_string());
  for (const auto& port : service.ports) {
    auto& encoded = *out.add_ports();
    encoded.set_name(port.name);
    encoded.set_port(port.port);
    if (const auto* number = std::get_if<std::uint16_t>(&port.target)) {
      encoded.set_target_number(*number);
    } else {
      encoded.set_target_name(std::get<std::string>(port.target));
    }
    encoded.set_protocol(encode(port.protocol));
  }
  for (const auto& workload : workloads) out.add_workloads(workload);
  return out;
}

api::Modes encode_modes(std::span<const model::LegacyPolicy* const> legacy,
                        std::span<const model::PeerAuthentication* const> peer) {
  api::Modes out;
  for (const auto* policy : legacy) encode(*policy, *out.add_legacy());
  for (const auto* policy : peer) encode(*policy, *out.add_peer_authentications());
  return out;
}

api::ClientRules encode_rules(std::span<const model::DestinationRule* const> rules) {
  api::ClientRules out;
  for (const auto* rule : rules) encode(*rule, *out.add_rules());
  return out;
}

api::InboundPolicy::Port encode_port(std::uint16_t port, model::Protocol protocol,
                                     const policy::ServerMode& mode) {
  api::InboundPolicy::Port out;
  out.set_port(port);
  out.set_mode(encode(mode.mode));
  out.set_protocol(encode(protocol));
  out.set_scope(std::string(policy::to_string(mode.scope)));
  if (mode.because) out.set_because(mode.because->to_string());
  return out;
}

api::MeshSettings encode(const model::MeshSettings& settings,
                         const std::vector<std::string>& mesh_ranges, bool complete) {
  api::MeshSettings out;
  out.set_auto_mtls(settings.auto_mtls);
  out.set_trust_domain(settings.trust_domain);
  for (const auto& alias : settings.trust_domain_aliases) out.add_trust_domain_aliases(alias);
  out.set_root_namespace(settings.root_namespace);
  out.set_cluster_domain(settings.cluster_domain);
  for (const auto& range : mesh_ranges) out.add_mesh_ranges(range);
  out.set_complete(complete);
  return out;
}

}  // namespace mortise::control::discovery
