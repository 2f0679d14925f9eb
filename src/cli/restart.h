// cli/restart.h — another process for each of some sidecars, one after the other, for `proxy
// restart` and for `up` after an upgrade.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/interrupt.h"
#include "cli/verb.h"

namespace mortise::cli {

struct RestartTimes {
  std::chrono::milliseconds grace{30'000};  // for what is going on in the old process
  std::chrono::milliseconds limit{20'000};  // for each new one to be in force
};

// By key, "NS/POD". Says each with its time, and stops at the first that fails: its reason, and how
// many were not tried, are the error.
Result<void> restart_sidecars(const Context& context, const std::vector<std::string>& keys,
                              RestartTimes times, const Interrupt& interrupt);

}  // namespace mortise::cli
