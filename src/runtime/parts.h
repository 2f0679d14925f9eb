// runtime/parts.h — what the workloads of a host are run with: where things are, the interfaces to
// the kernel, and the way into the state. Outlives every workload.
#pragma once

#include <functional>
#include <string>

#include "base/log.h"
#include "runtime/net/capture.h"
#include "runtime/process/launch.h"

namespace mortise::runtime {

struct Parts {
  const Layout& layout;
  const Binaries& binaries;
  Network& network;
  Capture& capture;
  Processes& processes;
  Log& log;
  std::function<Result<void>()> save;  // writes the state down
  // Makes the folder that only this sidecar's uid can enter.
  std::function<Result<void>(const std::string& path, std::uint32_t uid)> make_sidecar_dir;
  Level sidecar_log_level = Level::info;
};

}  // namespace mortise::runtime
