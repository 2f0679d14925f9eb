// control/discovery/resources.h — what stands behind each resource name, read from the registry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/discovery.pb.h"
#include "control/registry/registry.h"

namespace mortise::control::discovery {

struct ResourceContext {
  const registry::Registry& registry;
  const std::vector<std::string>& roots_der;
  const std::vector<std::string>& mesh_ranges;
  bool complete;
};

// Without version. Nothing if the name stands for nothing (any more).
std::optional<::mortise::discovery::v1::Resource> make_resource(const std::string& name,
                                                                const ResourceContext& context);

}  // namespace mortise::control::discovery
