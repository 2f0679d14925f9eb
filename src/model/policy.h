// model/policy.h — the objects by which people say who must encrypt: the legacy Policy and
// MeshPolicy, PeerAuthentication, DestinationRule and the mesh's own settings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/meta.h"

namespace mortise::model {

enum class MtlsMode : std::uint8_t { disable, permissive, strict };
std::string_view to_string(MtlsMode mode);  // "DISABLE", "PERMISSIVE", "STRICT"

// authentication.istio.io/v1alpha1, semantics section 1. kind "Policy" or "MeshPolicy".
struct LegacyPolicy {
  struct Target {
    std::string service;  // short name in the policy's namespace (P-2)
    // Service ports by number or name (P-3); empty: every port.
    std::vector<std::variant<std::uint16_t, std::string>> ports;
    friend bool operator==(const Target&, const Target&) = default;
  };
  Meta meta;
  std::vector<Target> targets;        // empty: the whole namespace or mesh
  MtlsMode mode = MtlsMode::disable;  // of the first mtls peer; none: DISABLE (P-5..P-8)
  friend bool operator==(const LegacyPolicy&, const LegacyPolicy&) = default;
};

// security.istio.io, semantics section 2. A missing mode is UNSET.
struct PeerAuthentication {
  Meta meta;
  Labels selector;
  std::optional<MtlsMode> mode;
  std::map<std::uint16_t, std::optional<MtlsMode>> port_modes;  // workload ports
  friend bool operator==(const PeerAuthentication&, const PeerAuthentication&) = default;
};

enum class ClientTlsMode : std::uint8_t { disable, simple, mutual, istio_mutual };
std::string_view to_string(ClientTlsMode mode);  // "DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"

struct ClientTlsSettings {
  ClientTlsMode mode = ClientTlsMode::disable;  // `tls: {}` is an explicit DISABLE (D-2)
  std::string sni;
  std::vector<std::string> subject_alt_names;
  std::string client_certificate;  // file
  std::string private_key;         // file
  std::string ca_certificates;     // file
  std::string credential_name;     // a secret instead of files (D-7)
  friend bool operator==(const ClientTlsSettings&, const ClientTlsSettings&) = default;
};

struct TrafficPolicy {
  std::optional<ClientTlsSettings> tls;
  bool passthrough = false;  // loadBalancer.simple: PASSTHROUGH (K-14)
  friend bool operator==(const TrafficPolicy&, const TrafficPolicy&) = default;
};

// networking.istio.io, semantics section 3.
struct DestinationRule {
  struct Subset {
    std::string name;
    Labels labels;
    std::optional<TrafficPolicy> policy;
    std::map<std::uint16_t, TrafficPolicy> port_policies;
    friend bool operator==(const Subset&, const Subset&) = default;
  };
  Meta meta;
  std::string host;                    // as written; resolved by D-20
  std::vector<std::string> export_to;  // empty: everywhere
  std::optional<TrafficPolicy> policy;
  std::map<std::uint16_t, TrafficPolicy> port_policies;  // replace `policy` for a port (D-10)
  std::vector<Subset> subsets;
  friend bool operator==(const DestinationRule&, const DestinationRule&) = default;
};

// kind MeshConfig, docs/spec/cli.md.
struct MeshSettings {
  bool auto_mtls = true;
  std::string trust_domain = "cluster.local";
  std::vector<std::string> trust_domain_aliases;
  std::string root_namespace = "istio-system";
  std::string cluster_domain = "cluster.local";
  friend bool operator==(const MeshSettings&, const MeshSettings&) = default;
};

}  // namespace mortise::model
