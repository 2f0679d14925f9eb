// policy/testing.h — short ways to write down a mesh in the tests of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/facts.h"

namespace mortise::policy::testing {

using model::MtlsMode;

inline model::Meta meta(std::string kind, std::string namespace_name, std::string name,
                        std::int64_t created = 0) {
  model::Meta result;
  result.ref = {std::move(kind), std::move(namespace_name), std::move(name)};
  result.created_seconds = created;
  return result;
}

inline model::LegacyPolicy mesh_policy(MtlsMode mode, std::string name = "default") {
  model::LegacyPolicy policy;
  policy.meta = meta("MeshPolicy", "", std::move(name));
  policy.mode = mode;
  return policy;
}

inline model::LegacyPolicy policy(std::string namespace_name, std::string name, MtlsMode mode,
                                  std::vector<model::LegacyPolicy::Target> targets = {},
                                  std::int64_t created = 0) {
  model::LegacyPolicy result;
  result.meta = meta("Policy", std::move(namespace_name), std::move(name), created);
  result.targets = std::move(targets);
  result.mode = mode;
  return result;
}

inline model::PeerAuthentication peer(std::string namespace_name, std::string name,
                                      std::optional<MtlsMode> mode, model::Labels selector = {},
                                      std::int64_t created = 0) {
  model::PeerAuthentication result;
  result.meta = meta("PeerAuthentication", std::move(namespace_name), std::move(name), created);
  result.selector = std::move(selector);
  result.mode = mode;
  return result;
}

inline model::TrafficPolicy tls(model::ClientTlsMode mode) {
  model::TrafficPolicy result;
  result.tls.emplace().mode = mode;
  return result;
}

inline model::DestinationRule rule(std::string namespace_name, std::string name, std::string host,
                                   std::optional<model::TrafficPolicy> policy = std::nullopt,
                                   std::int64_t created = 0) {
  model::DestinationRule result;
  result.meta = meta("DestinationRule", std::move(namespace_name), std::move(name), created);
  result.host = std::move(host);
  result.policy = std::move(policy);
  return result;
}

inline model::ServicePort port(std::string name, std::uint16_t number, std::uint16_t target) {
  model::ServicePort result;
  result.name = std::move(name);
  result.port = number;
  result.target = target;
  return result;
}

inline model::Service service(std::string namespace_name, std::string name,
                              std::vector<model::ServicePort> ports, std::int64_t created = 0) {
  model::Service result;
  result.meta = meta("Service", std::move(namespace_name), name, created);
  result.selector = {{"app", std::move(name)}};
  result.ports = std::move(ports);
  return result;
}

inline model::Workload workload(std::string namespace_name, std::string name, bool has_sidecar) {
  model::Workload result;
  result.namespace_name = std::move(namespace_name);
  result.name = name;
  result.labels = {{"app", std::move(name)}};
  result.has_sidecar = has_sidecar;
  if (has_sidecar) result.tls_mode = "istio";
  return result;
}

}  // namespace mortise::policy::testing
