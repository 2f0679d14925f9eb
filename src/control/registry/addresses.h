// control/registry/addresses.h — the address of every service: from a range of its own, given
// once and kept until the service is deleted.
#pragma once

#include <string_view>

#include "control/registry/registry.h"

namespace mortise::control::registry {

inline constexpr std::string_view kServiceRange = "198.19.0.0/16";
inline constexpr std::string_view kWorkloadRange = "198.18.0.0/16";

// Completes the change: addresses for new services, none for headless and removed ones.
Result<void> assign_addresses(const Registry& registry, Change& change);

}  // namespace mortise::control::registry
