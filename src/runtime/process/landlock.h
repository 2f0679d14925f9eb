// runtime/process/landlock.h — keeps a program out of other programs that run as the same uid.
#pragma once

#include <limits>

#include "base/result.h"

namespace mortise::runtime {

// From here on, this process and its children trace, read and (Linux 6.12 and later) signal nobody
// but each other. Needs no_new_privs. A kernel without Landlock restricts nothing, without error.
// `newest` is for tests: what a kernel can do whose Landlock has no later version.
Result<void> keep_out_of_other_programs(int newest = std::numeric_limits<int>::max());

}  // namespace mortise::runtime
