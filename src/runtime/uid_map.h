// runtime/uid_map.h — how many user ids exist here: all of them, or those a user namespace maps.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace mortise::runtime {

// As the first user namespace has them: every number but -1.
inline constexpr std::uint32_t kAllIds = 4294967295U;

// From the text of /proc/PID/uid_map or gid_map: the ids 0 to N-1 are mapped, N is not. Ids behind
// a gap do not count. invalid: not such a text.
Result<std::uint32_t> mapped_ids(std::string_view map);

}  // namespace mortise::runtime
