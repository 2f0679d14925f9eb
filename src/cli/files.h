// cli/files.h — what -f names: files, folders and standard input, read whole, with a limit.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "client/client.h"

namespace mortise::cli {

// A folder stands for its *.yaml, *.yml and *.json files, by name; "-" for standard input.
// Messages use the name as it was typed. Limit: 4 MiB together, as the manifest parser's.
Result<std::vector<client::SourceFile>> read_files(const std::vector<std::string>& names);

}  // namespace mortise::cli
