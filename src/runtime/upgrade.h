// runtime/upgrade.h — processes of a mesh that run another file than the one that is installed now:
// it was replaced under them.
#pragma once

#include <string>
#include <vector>

#include "runtime/layout.h"
#include "runtime/runtime.h"
#include "runtime/state.h"

namespace mortise::runtime {

// False also where that cannot be told: a script in the program's place executes what it likes.
bool is_outdated(const ProcessId& process, const std::string& program);

// Ends a supervisor of the past, and waits for that; everything else goes on. True: there was one.
Result<bool> end_outdated_supervisor(const Layout& layout, const Binaries& binaries);
bool control_plane_is_outdated(const Layout& layout, const Binaries& binaries);

}  // namespace mortise::runtime
