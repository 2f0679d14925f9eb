// runtime/rootless.h — the mesh of an ordinary user, for development: everything of it runs in a
// user namespace of theirs, where they are root. docs/design/0001-rootless.md says how and why.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/runtime.h"

namespace mortise::runtime {

// What an ordinary user needs before a mesh can start; all of it is met for root.
std::vector<Requirement> rootless_requirements();

}  // namespace mortise::runtime
