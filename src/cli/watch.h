// cli/watch.h — what happens to workloads, as it happens, one line per event.
#pragma once

#include "cli/interrupt.h"
#include "cli/verb.h"

namespace mortise::cli {

// Prints workloads that come, change and go, until Ctrl-C or until the mesh is stopped.
Result<int> watch_until_interrupted(const Context& context, const Interrupt& interrupt);

}  // namespace mortise::cli
