// runtime/process/spawn.h — fork and exec for Processes, in steps that a crash between them cannot
// break.
#pragma once

#include "runtime/process/process.h"

namespace mortise::runtime {

// See Processes::start. For single-threaded programs.
Result<ProcessId> spawn(const Launch& launch, const Processes::Record& record);

}  // namespace mortise::runtime
