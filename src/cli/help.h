// cli/help.h — what --help prints: usage, arguments, options and an example for every command.
#pragma once

#include <string>

#include "cli/command.h"

namespace mortise::cli {

// `path` is "mortise mtls get". `command` is null for the program itself and for groups.
std::string help_text(const CLI::App& app, const std::string& path, const Command* command);

}  // namespace mortise::cli
