// runtime/inventory.h — the objects of the control plane's answer as values that the plan reads.
#pragma once

#include <vector>

#include "base/log.h"
#include "client/answers.h"
#include "runtime/plan.h"

namespace mortise::runtime {

// Objects that mean nothing to a host (policies, rules) are left out; one that cannot be read is
// logged and left out, so that it holds nothing else back.
Inventory read_inventory(const std::vector<client::Object>& objects, Log& log);

}  // namespace mortise::runtime
