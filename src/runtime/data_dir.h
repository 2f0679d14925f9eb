// runtime/data_dir.h — whether a folder is a mesh's, so that nothing of anybody else is touched.
#pragma once

#include <string>

#include "base/result.h"

namespace mortise::runtime {

// Holds for a mesh's data directory, an empty folder, and a path where nothing is.
Result<void> check_data_dir(const std::string& data_dir);

}  // namespace mortise::runtime
