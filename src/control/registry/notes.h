// control/registry/notes.h — what a person should know about an object that was admitted: a
// service, policy or rule that meets nothing (ARCHITECTURE.md, security invariant 9).
#pragma once

#include <string>
#include <vector>

#include "control/registry/rank.h"

namespace mortise::control::registry {

// Whether the service's selector meets a workload that runs or is declared. True without selector:
// such a service has no endpoints on purpose.
bool meets_workload(const model::Service& service, const After& after, const Registry& registry);

std::vector<std::string> notes_on(const manifest::Object& object, const After& after,
                                  const Registry& registry);

}  // namespace mortise::control::registry
