// cli/waiting.h — how long a changing verb waits for the proxies to have its change in force.
#pragma once

#include "cli/command.h"

namespace mortise::cli {

class Waiting {
 public:
  void describe(Command& command) {
    command.flag("--wait", wait_, "wait until the proxies have it in force: the default");
    command.flag("--no-wait", no_wait_, "do not");
    command.duration("--timeout", limit_, "how long to wait; default: 10s");
  }
  // 0: not at all.
  [[nodiscard]] std::chrono::milliseconds milliseconds() const {
    if (no_wait_) return {};
    return std::chrono::duration_cast<std::chrono::milliseconds>(limit_);
  }

 private:
  bool wait_ = true;
  bool no_wait_ = false;
  Duration limit_ = std::chrono::seconds(10);
};

}  // namespace mortise::cli
