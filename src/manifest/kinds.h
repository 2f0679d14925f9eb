// manifest/kinds.h — the kinds of objects Mortise understands, and the many ways to name one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mortise::manifest {

struct Kind {
  std::string_view name;                           // "DestinationRule"
  std::string_view plural;                         // "destinationrules"
  std::string_view short_name;                     // "dr"
  std::string_view group;                          // "networking.istio.io"; empty: the core group
  std::span<const std::string_view> api_versions;  // accepted ones, what we write ourselves first
  bool cluster_scoped = false;
};

std::span<const Kind> kinds();

// By its exact name; null if there is none.
const Kind* find_kind(std::string_view name);

// As people write it after `get` and `delete`: any case, singular, plural or short, and qualified
// by group (policies.authentication.istio.io) or version and group. Code::invalid names the nearest
// known kind.
Result<const Kind*> resolve_kind(std::string_view written);

// The candidate that `written` was most likely meant to be; empty if none is near.
std::string nearest(std::string_view written, std::span<const std::string_view> candidates);

}  // namespace mortise::manifest
