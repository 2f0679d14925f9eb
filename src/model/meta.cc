#include "model/meta.h"

#include <algorithm>
#include <tuple>

namespace mortise::model {

bool older(const Meta& left, const Meta& right) {
  const auto dotted = [](const Meta& meta) {
    return meta.ref.name + "." + meta.ref.namespace_name;
  };
  if (left.created_seconds != right.created_seconds) {
    return left.created_seconds < right.created_seconds;
  }
  if (left.created_order != right.created_order) return left.created_order < right.created_order;
  return dotted(left) < dotted(right);
}

bool selects(const Labels& selector, const Labels& labels) {
  return std::ranges::all_of(selector, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

}  // namespace mortise::model
