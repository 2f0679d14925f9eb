// control/registry/mesh_settings.h — the keys of `mortise up --set`: which object or record each
// one changes (docs/spec/cli.md).
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "control/registry/admission.h"

namespace mortise::control::registry {

// All or none of them. A value that is in force already changes nothing, so that `up` can be
// repeated without undoing what was changed since.
Planned plan_settings(const Registry& registry, const std::map<std::string, std::string>& settings,
                      const Asked& asked);

// Every key with its value in force.
std::map<std::string, std::string> settings_in_force(const Registry& registry);

// What a mesh begins with: MeshPolicy `default`, PERMISSIVE, as the usual installers write it.
Planned plan_first_start(const Registry& registry, const Asked& asked);

// pki.workloadTTL
std::chrono::seconds workload_life(const Registry& registry);

// "24h", "1h30m", "90s"; more than 0 and at most 90 days (semantics I-23).
Result<std::chrono::seconds> parse_life(const std::string& text);

}  // namespace mortise::control::registry
