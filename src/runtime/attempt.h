// runtime/attempt.h — tries something in a child process, so that nothing of it stays.
#pragma once

#include "runtime/runtime.h"

namespace mortise::runtime {

// Met if `what` succeeds there; else the problem is its error. `if_denied` is the remedy where it
// is rights that are missing; null: the same.
Requirement attempt(const char* name, Result<void> (*what)(), const char* remedy,
                    const char* if_denied = nullptr);

}  // namespace mortise::runtime
