// control/ca/private_file.h — files that only their owner may read, written so that a crash of
// the machine leaves all of them or nothing.
#pragma once

#include <string>

#include "base/result.h"

namespace mortise::control::ca {

// Creates the file, which must not exist, with mode 0600 from the first moment on.
Result<void> write_private_file(const std::string& path, const std::string& text);
// Up to 1 MiB.
Result<std::string> read_file(const std::string& path);
Result<void> sync_directory(const std::string& path);

}  // namespace mortise::control::ca
