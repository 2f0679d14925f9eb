// runtime/data_dir.h — whether a folder is a mesh's, so that nothing of anybody else is touched,
// and whether a mesh can live there.
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/layout.h"

namespace mortise::runtime {

// Holds for a mesh's data directory, an empty folder, and a path where nothing is.
Result<void> check_data_dir(const std::string& data_dir);

// Makes the folder and the one for logs, and tries for real what a mesh does there: writes, and
// listens on a unix socket. On failure what was made is gone again, and the sentence has a remedy.
Result<void> prepare_data_dir(const Layout& layout);

}  // namespace mortise::runtime
