// control/discovery/interest.h — which resources one proxy is told: always its own, and of the
// rest what it asked for (all of it while the mesh is small).
#pragma once

#include <set>
#include <string>

#include "control/registry/registry.h"

namespace mortise::control::discovery {

struct Interest {
  std::string proxy;                // "NS/NAME" of its workload
  std::set<std::string> addresses;  // what it subscribed to, as canonical text
};

// Names of resources; one that does not exist (any more) may be among them.
// What every proxy is told, all of the mesh if it is to be `complete`:
std::set<std::string> wanted_by_all(const registry::Registry& registry, bool complete);
// And what this one is told besides; some of it may be among the former.
std::set<std::string> wanted(const Interest& interest, const registry::Registry& registry);

}  // namespace mortise::control::discovery
