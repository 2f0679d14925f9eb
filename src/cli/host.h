// cli/host.h — this machine as commands see it: the runtime, and programs run for their output.
// LinuxHost is the real one; tests put a fake in its place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "runtime/runtime.h"

namespace mortise::cli {

// What is said of a rootless mesh wherever it is shown.
inline constexpr const char* kNotSeparated =
    "identities are not separated from the user who runs the mesh";

// What a finished program left behind.
struct Captured {
  int exit_status = 0;
  std::string out;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual Result<void> preflight() = 0;
  virtual Result<runtime::Started> start(std::chrono::milliseconds limit) = 0;
  // Keys of workloads whose sidecar is of another version than what is installed now.
  virtual Result<std::vector<std::string>> outdated_sidecars() = 0;
  virtual bool running() = 0;
  // Whether the mesh is an ordinary user's: runtime/rootless.h.
  virtual bool rootless() = 0;
  virtual Result<void> supervise() = 0;
  virtual Result<runtime::DownReport> down(bool purge) = 0;
  virtual Result<void> remember_images(const std::vector<runtime::Image>& images) = 0;
  virtual Result<void> check_program(const model::Container& container) = 0;
  virtual Result<int> exec(const runtime::Exec& what) = 0;
  // `mortise exec` as a process of its own, with its output in a string. Blocks up to `limit`.
  virtual Result<Captured> exec_captured(const runtime::Exec& what,
                                         std::chrono::milliseconds limit) = 0;
  virtual Result<runtime::LogFiles> log_files(const std::string& namespace_name,
                                              const std::string& workload) = 0;
};

std::unique_ptr<Host> make_linux_host(const std::string& data_dir, const Clock& clock);

}  // namespace mortise::cli
