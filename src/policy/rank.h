// policy/rank.h — among objects of equal rank the oldest decides (semantics P-15, A-13, D-28).
#pragma once

#include <vector>

#include "model/meta.h"

namespace mortise::policy {

// The oldest of those that `applies` to; null if there is none.
template <class Object, class Applies>
const Object* oldest(const std::vector<Object>& objects, Applies&& applies) {
  const Object* found = nullptr;
  for (const auto& object : objects) {
    if (!applies(object)) continue;
    if (found == nullptr || model::older(object.meta, found->meta)) found = &object;
  }
  return found;
}

}  // namespace mortise::policy
