// `mortise down`: ends everything of one mesh, whoever started it and however that one ended.
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "io/descriptor.h"
#include "runtime/data_dir.h"
#include "runtime/files.h"
#include "runtime/lock.h"
#include "runtime/net/netns.h"
#include "runtime/net/network.h"
#include "runtime/process/procfs.h"
#include "runtime/runtime.h"
#include "runtime/state.h"

namespace mortise::runtime {

namespace {

constexpr int kPollMs = 10;
constexpr Duration kGrace = std::chrono::seconds(5);
constexpr Duration kKill = std::chrono::seconds(5);
constexpr Duration kOther = std::chrono::seconds(20);  // for another `down` to finish

// Until the process ends, or a moment is over.
void wait_for_end(int pid) {
  const io::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd question{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  ::poll(&question, 1, kPollMs);
}

// Signals what `find` finds until it finds nothing: politely first, then not. How many there were.
template <class Find>
Result<int> end_all(const char* what, Find find) {
  const SystemClock clock;
  std::set<int> seen;
  const auto begin = clock.now();
  for (;;) {
    const std::vector<int> pids = find();
    if (pids.empty()) return static_cast<int>(seen.size());
    const auto waited = clock.now() - begin;
    if (waited > kGrace + kKill)
      return fail(Code::timed_out, fmt::format("{} (process {}) does not end", what, pids.front()));
    const bool killing = waited > kGrace;
    for (const int pid : pids)
      if (seen.insert(pid).second || killing) ::kill(pid, killing ? SIGKILL : SIGTERM);
    wait_for_end(pids.front());
  }
}

std::vector<int> processes_of(const Layout& layout, const char* command) {
  std::vector<int> pids;
  for (const auto& process : processes_named({command, "--data-dir", layout.data_dir()}))
    pids.push_back(process.pid);
  return pids;
}

// Ours from here on: no supervisor starts anything while we clear away. Not by the lock alone: one
// that was started a moment ago has yet to take it.
Result<SupervisorLock> take_over(const Layout& layout, int& processes) {
  const SystemClock clock;
  const auto deadline = clock.now() + kOther;
  for (;;) {
    TRY(const int ended,
        end_all("the supervisor", [&layout] { return processes_of(layout, "supervise"); }));
    processes += ended;
    std::error_code
        error;  // the lock's place, if somebody removed it; taking it says if this failed
    std::filesystem::create_directories(layout.data_dir(), error);
    auto lock = SupervisorLock::take(layout);
    const bool passes =
        !lock && (lock.error().code() == Code::conflict || lock.error().code() == Code::not_found);
    if (!passes || clock.now() > deadline) return lock;
    // Another `down` is at work, or has just removed the folder; or an `up` came in between.
    ::poll(nullptr, 0, kPollMs);
  }
}

std::vector<int> workload_processes(const Layout& layout) {
  std::vector<int> pids;
  for (const auto& name : netns_names(layout.netns_prefix()))
    for (const int pid : processes_in(name, std::nullopt)) pids.push_back(pid);
  auto strays = processes_of(layout.uids());
  // There, whoever left its network made a user namespace for it, and took our mounts along.
  if (layout.rootless()) strays = processes_with_mount(layout.netns_dir());
  for (const int pid : strays)
    if (std::ranges::find(pids, pid) == pids.end()) pids.push_back(pid);
  return pids;
}

// Who deleted the folder has not ended what runs for it: that is found by what follows from the
// path.
bool something_runs(const Layout& layout) {
  return !netns_names(layout.netns_prefix()).empty() || !processes_of(layout.uids()).empty() ||
         !processes_of(layout, "supervise").empty() || !processes_of(layout, "control").empty();
}

// Nothing is to be cleared away there, where perhaps nobody can write.
bool is_empty_place(const Layout& layout) {
  std::error_code error;
  return std::filesystem::is_directory(layout.data_dir(), error) &&
         std::filesystem::is_empty(layout.data_dir(), error) && !error &&
         processes_of(layout, "keep").empty();
}

// A namespace whose name somebody removed gets it back, so that what runs there is found.
void reclaim_names(const Layout& layout, const State& state) {
  PrivateNetwork network(layout);
  for (const auto& [key, instance] : state.instances) {
    std::vector<ProcessId> known = {instance.sidecar};
    for (const auto& program : instance.programs) known.push_back(program.process);
    for (const auto& process : known)
      // What cannot be named now is not found below either; there is nobody else to ask.
      if (network.reclaim({instance.netns, instance.slot}, process).value_or(true)) break;
  }
}

Result<void> clear_files(const Layout& layout) {
  for (const auto& path : {layout.sidecars_dir(), layout.hosts_dir(), layout.control_socket(),
                           layout.state_file(), layout.state_file() + ".next"})
    CHECK_OK(remove_all(path));
  if (layout.rootless()) CHECK_OK(remove_all(layout.netns_dir()));
  return {};
}

// What a control plane begins with goes first, each in one step: the next `up` finds a store and an
// authority, or none, and never a part of one.
Result<void> remove_beginnings(const Layout& layout) {
  CHECK_OK(remove_all(layout.data_dir() + "/store.db"));
  const auto authority = layout.data_dir() + "/ca";
  const auto unfinished = authority + ".new";  // as control/ca calls one in the making
  CHECK_OK(remove_all(unfinished));
  if (::rename(authority.c_str(), unfinished.c_str()) != 0 && errno != ENOENT)
    return fail_errno("remove " + authority);
  return {};
}

// What tells whose mesh it is goes last, the lock's file at the very end: a folder that has it is
// known as a mesh's, so that whoever is killed meanwhile leaves what can be cleared away.
Result<void> clear_data_dir(const Layout& layout, SupervisorLock& lock) {
  CHECK_OK(remove_beginnings(layout));
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(layout.data_dir(), error))
    paths.push_back(entry.path().string());
  std::erase(paths, layout.lock_file());
  std::erase(paths, layout.rootless_file());
  for (const auto& path : paths) CHECK_OK(remove_all(path));
  CHECK_OK(remove_all(layout.rootless_file()));
  lock.remove(layout);
  // Somebody may begin anew just now: then it is theirs.
  std::filesystem::remove(layout.data_dir(), error);
  return {};
}

}  // namespace

Result<DownReport> down(const std::string& data_dir, bool purge) {
  TRY(const auto layout, Layout::of(data_dir));
  DownReport report;
  const bool had_folder = ::access(layout.data_dir().c_str(), F_OK) == 0;
  const bool is_unused = !had_folder || (!purge && is_empty_place(layout));
  if (is_unused && !something_runs(layout)) return report;
  if (::geteuid() != 0) return fail(Code::denied, "`mortise down` needs root: run it with sudo");
  CHECK_OK(check_data_dir(layout.data_dir()));
  TRY(auto lock, take_over(layout, report.processes));
  // A damaged record does not matter: everything is found by its namespace or its command line.
  const auto state = load_state(layout.state_file());
  if (state) reclaim_names(layout, *state);
  TRY(const int workloads,
      end_all("a workload's process", [&layout] { return workload_processes(layout); }));
  // Last, so that sidecars do not complain about it in their logs.
  TRY(const int control,
      end_all("the control plane", [&layout] { return processes_of(layout, "control"); }));
  report.processes += workloads + control;
  for (const auto& name : netns_names(layout.netns_prefix())) {
    CHECK_OK(remove_netns(name));
    ++report.namespaces;
  }
  if (layout.rootless() || (state && state->made_netns_mount))
    release_netns_mount(layout.netns_prefix());
  CHECK_OK(clear_files(layout));
  report.purged = purge;
  if (purge) {
    CHECK_OK(clear_data_dir(layout, lock));
  } else {
    lock.remove(layout);
    std::error_code error;  // it is not empty if somebody begins anew just now
    if (!had_folder) std::filesystem::remove(layout.data_dir(), error);
  }
  // Now only we are left in a rootless mesh's namespaces, and they go when we do.
  TRY(const int keepers,
      end_all("the keeper of the namespaces", [&layout] { return processes_of(layout, "keep"); }));
  report.processes += keepers;
  return report;
}

}  // namespace mortise::runtime
