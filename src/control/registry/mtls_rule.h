// control/registry/mtls_rule.h — `mtls get`: the policies that are in effect for a resource, its
// own or inherited. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/registry/mtls_resource.h"

namespace mortise::control::registry {

struct MtlsRow {
  std::string policy;                // "backyards-demo/default"; "-": the built-in default
  std::vector<std::string> targets;  // "bookings(8080)"
  std::string mode;                  // STRICT, PERMISSIVE, DISABLED
  std::string scope;                 // default, mesh, namespace, service, workload, port
  std::string source;                // "Policy/backyards-demo/default (demo.yaml:12)"
  friend bool operator==(const MtlsRow&, const MtlsRow&) = default;
};

struct MtlsRule {
  std::string rule;  // "backyards-demo/bookings"
  std::vector<MtlsRow> rows;
};

// Of a service: its own policies, service-wide and per port; the inherited one if it has none.
Result<MtlsRule> mtls_rule(const MtlsResource& resource, const Registry& registry);

}  // namespace mortise::control::registry
