// runtime/log_files.h — keeps the logs of programs, sidecars and our own processes from filling the
// disk. They write to their descriptors themselves, so a file is cut where it is.
#pragma once

#include <cstdint>
#include <string>

#include "base/log.h"

namespace mortise::runtime {

// What one log may hold before it is cut; MORTISE_LOG_BYTES is another limit.
inline constexpr std::uintmax_t kLogLimit = 16 << 20;
std::uintmax_t log_limit();

// Each X.log below `folder` that is larger than `limit` becomes X.log.1, which replaces the one
// before (its last 2 * `limit` bytes if it grew faster than that), and begins anew. Lines written
// in that moment can be lost; where there is no room for a copy, what is in the file is lost.
void cut_long_logs(const std::string& folder, std::uintmax_t limit, Log& log);

}  // namespace mortise::runtime
