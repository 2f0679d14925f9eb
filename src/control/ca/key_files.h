// control/ca/key_files.h — the files that hold the root: written whole or not at all, readable by
// their owner alone.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace mortise::control::ca {

// Makes the directory 0700 if it is missing.
Result<void> make_private_directory(const std::string& path);

// Nothing if the file does not exist. Refuses files over 64 KiB.
Result<std::optional<std::string>> read_file(const std::string& path);

// Denied when anybody but its owner may read or write it.
Result<void> require_private(const std::string& path);

// Appears complete under its name, on disk, with mode 0600; an existing file is never replaced.
Result<void> create_private_file(const std::string& path, const std::string& content);

}  // namespace mortise::control::ca
