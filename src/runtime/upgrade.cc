#include "runtime/upgrade.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "io/descriptor.h"
#include "runtime/lock.h"
#include "runtime/process/process.h"
#include "runtime/process/procfs.h"

namespace mortise::runtime {

namespace {

constexpr int kPatienceMs = 5000;

}  // namespace

bool is_outdated(const ProcessId& process, const std::string& program) {
  struct stat running{};
  struct stat installed{};
  const auto link = fmt::format("/proc/{}/exe", process.pid);
  // The link leads to the file itself, also where its name is gone.
  if (!process.valid() || ::stat(link.c_str(), &running) != 0 || !is_alive(process)) return false;
  bool is_script = false;
  const auto file = open_program(program, is_script);
  if (!file || is_script || ::fstat(file->get(), &installed) != 0) return false;
  return running.st_dev != installed.st_dev || running.st_ino != installed.st_ino;
}

Result<bool> end_outdated_supervisor(const Layout& layout, const Binaries& binaries) {
  const auto owner = lock_owner(layout);
  if (!owner) return false;
  const ProcessId process{*owner, start_time_of(*owner).value_or(0)};
  if (!is_outdated(process, binaries.mortise)) return false;
  const io::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!pidfd.valid() || !is_alive(process)) return false;  // it has just ended by itself
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGTERM, nullptr, 0);
  pollfd end{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&end, 1, kPatienceMs) == 1) return true;
  return fail(Code::timed_out,
              fmt::format("the supervisor of the earlier version (process {}) does not end: end it "
                          "with kill -9 {}, which stops nothing else, and repeat the command",
                          process.pid, process.pid));
}

bool control_plane_is_outdated(const Layout& layout, const Binaries& binaries) {
  const auto state = load_state(layout.state_file());
  return state && is_outdated(state->control, binaries.mortise);
}

Result<std::vector<std::string>> outdated_sidecars(const Options& options) {
  TRY(const auto layout, Layout::of(options.data_dir));
  TRY(const auto state, load_state(layout.state_file()));
  std::vector<std::string> keys;
  for (const auto& [key, instance] : state.instances) {
    const bool serves = !instance.removing && instance.sidecar.valid();
    if (serves && is_outdated(instance.sidecar, options.binaries.proxy)) keys.push_back(key);
  }
  return keys;
}

}  // namespace mortise::runtime
