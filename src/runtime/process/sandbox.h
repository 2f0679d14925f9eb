// runtime/process/sandbox.h — the side of a child process between fork and exec: it moves into its
// network and mount namespaces and gives up every privilege (architecture: who runs as whom).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mortise::runtime {

struct Sandbox {
  std::string netns;  // by name
  std::string host_name;
  std::uint32_t uid = 0;    // and gid; 0 runs without capabilities too
  bool as_root = false;     // sees `uid` as 0: root of a user namespace, nobody outside
  bool shares_uid = false;  // others may run as `uid`: stays out of their processes
  std::string working_dir;  // entered before `hidden` is hidden; empty: /
  std::string hidden;       // a folder that appears empty inside
  std::vector<std::pair<std::string, std::string>> binds;  // files: source, then place
};

// In the child only: what it changes cannot be taken back. On failure the child must end.
Result<void> enter(const Sandbox& sandbox);

}  // namespace mortise::runtime
