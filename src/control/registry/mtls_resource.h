// control/registry/mtls_resource.h — what the `mtls` verbs are about: the mesh, a namespace, a
// service or one of its ports (docs/spec/cli.md, "mTLS").
#pragma once

#include <string>

#include "control/registry/rank.h"

namespace mortise::control::registry {

enum class MtlsAction : std::uint8_t { allow, require, disable, unset };
Result<MtlsAction> parse_mtls_action(const std::string& text);

struct MtlsResource {
  enum class Scope : std::uint8_t { mesh, namespace_wide, service, port };
  Scope scope = Scope::mesh;
  std::string namespace_name;
  std::string service;
  PortChoice port;  // as written: a number or a name

  [[nodiscard]] std::string service_key() const { return namespace_name + "/" + service; }
  // As the verbs print it: "/mesh", "backyards-demo/", "backyards-demo/bookings".
  [[nodiscard]] std::string rule_name() const;
};

// "mesh", "NS", "NS/SVC", "NS/SVC:PORT"
Result<MtlsResource> parse_mtls_resource(const std::string& text);

// What the resource names, checked to be there. `port` has its target as a number where the
// service's workloads tell it.
struct FoundMtls {
  const model::Service* service = nullptr;
  std::optional<model::ServicePort> port;
};
Result<FoundMtls> find_mtls(const MtlsResource& resource, const Registry& registry);

// The service's port with its target as a number where a workload tells it.
model::ServicePort with_known_target(const model::ServicePort& port, const model::Service& service,
                                     const Registry& registry);

}  // namespace mortise::control::registry
