// control/registry/mtls_edit.h — objects that the `mtls` verbs change, and how: what a person
// wrote beside the mode stays as it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/registry/mtls_resource.h"

namespace mortise::control::registry {

struct Edits {
  std::vector<manifest::Object> put;
  std::vector<model::ObjectRef> removed;
};

// The policy without its target for the service, or for that port of it; nothing when no target
// is left: without targets it would be a policy of the whole namespace.
Result<std::optional<manifest::Object>> without_target(const manifest::Object& policy,
                                                       const model::Service& service,
                                                       const PortChoice* port);

// Edits for the legacy API. `mode`: nothing to unset. `port`: of the service; null for all of it.
Result<Edits> edit_service_policies(const Registry& registry, const model::Service& service,
                                    const PortChoice* port, std::optional<model::MtlsMode> mode,
                                    const std::string& new_name);

// The same with PeerAuthentications; `port` is the workloads' port.
Result<Edits> edit_workload_peers(const Registry& registry, const model::Service& service,
                                  std::optional<std::uint16_t> port,
                                  std::optional<model::MtlsMode> mode, const std::string& new_name);

}  // namespace mortise::control::registry
