// control/registry/notes.h — what a person should know about an object that was admitted: a
// service, policy or rule that meets nothing (ARCHITECTURE.md, security invariant 9).
#pragma once

#include <string>
#include <vector>

#include "control/registry/rank.h"

namespace mortise::control::registry {

std::vector<std::string> notes_on(const manifest::Object& object, const After& after,
                                  const Registry& registry);

}  // namespace mortise::control::registry
