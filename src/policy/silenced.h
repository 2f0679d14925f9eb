// policy/silenced.h — objects that have no effect because an older one of equal rank exists.
// A running mesh refuses to add one unless forced (semantics K-19); analysis reports them.
#pragma once

#include <string>
#include <vector>

#include "policy/facts.h"

namespace mortise::policy {

struct Silenced {
  model::ObjectRef object;
  model::ObjectRef by;
  std::string what;    // "service httpbin, port 8000", "the namespace", "subset v1"
  bool whole = false;  // nothing of the object has any effect
  friend bool operator==(const Silenced&, const Silenced&) = default;
};

// By what the objects say alone: two selectors that differ may still meet in one workload.
std::vector<Silenced> silenced(const RuleBook& rules);

}  // namespace mortise::policy
