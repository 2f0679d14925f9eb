// cli/capture.h — runs a program and keeps what it wrote.
#pragma once

#include <chrono>

#include "cli/host.h"

namespace mortise::cli {

// stdin is empty and stderr dropped; stdout is kept up to 1 MiB. Killed when the limit passes,
// which is an error. An end by signal N is the exit status 128 + N.
Result<Captured> capture(const std::vector<std::string>& command, std::chrono::milliseconds limit,
                         const Clock& clock);

}  // namespace mortise::cli
