#include "runtime/rootless.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "base/clock.h"
#include "io/descriptor.h"
#include "runtime/attempt.h"
#include "runtime/data_dir.h"
#include "runtime/files.h"
#include "runtime/id_mapping.h"
#include "runtime/layout.h"
#include "runtime/process/procfs.h"
#include "runtime/process/spawn.h"

namespace mortise::runtime {

namespace {

constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET;
constexpr Duration kKill = std::chrono::seconds(5);
constexpr int kPollMs = 10;

std::string number_in(const char* path) {
  auto text = read_file(path, 64);
  if (!text) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

Result<void> try_user_namespace() {
  if (::unshare(CLONE_NEWUSER) != 0) return fail_errno("a new user namespace");
  // AppArmor may grant the namespace and withhold all that makes it useful.
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) return fail_errno("namespaces inside it");
  return {};
}

// Which of the usual switches is off.
Requirement look_at_user_namespaces() {
  auto requirement = attempt("user namespaces", try_user_namespace,
                             "use a kernel with user namespaces, outside of any chroot and of "
                             "containers that forbid them");
  if (requirement.met) return requirement;
  if (number_in("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    requirement.problem += " (kernel.unprivileged_userns_clone is 0)";
    requirement.remedy = "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  } else if (number_in("/proc/sys/user/max_user_namespaces") == "0") {
    requirement.problem += " (user.max_user_namespaces is 0)";
    requirement.remedy = "sudo sysctl -w user.max_user_namespaces=10000";
  } else if (number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    requirement.problem += " (kernel.apparmor_restrict_unprivileged_userns is 1)";
    requirement.remedy = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return requirement;
}

// The process that a joiner borrows the namespaces from. Those of a sidecar or a program would not
// do: their mounts hide the data directory.
std::optional<ProcessId> home_of(const Layout& layout) {
  struct stat own{};
  if (::stat("/proc/self/ns/user", &own) != 0) return std::nullopt;
  for (const char* const word : {"keep", "supervise", "control"}) {
    for (const auto& process : processes_named({word, "--data-dir", layout.data_dir()})) {
      struct stat other{};
      const auto path = fmt::format("/proc/{}/ns/user", process.pid);
      if (::stat(path.c_str(), &other) == 0 && other.st_ino != own.st_ino) return process;
    }
  }
  return std::nullopt;
}

Result<void> become_root() {
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
    return fail_errno("become root in the user namespace");
  return {};
}

Result<void> join(const ProcessId& process) {
  std::error_code error;
  const auto folder = std::filesystem::current_path(error);
  const io::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  // The number may have gone to another process before pidfd_open, but not after.
  if (!pidfd.valid() || !is_alive(process)) return fail(Code::unavailable, "the mesh just ended");
  if (::setns(pidfd.get(), kNamespaces) != 0) return fail_errno("enter the mesh's namespaces");
  CHECK_OK(become_root());
  // Changing mount namespaces leads to /; where that folder is not there, / it is.
  if (!error) std::filesystem::current_path(folder, error);
  return {};
}

Result<void> check_rootless() {
  for (const auto& requirement : rootless_requirements())
    if (!requirement.met)
      return fail(Code::unavailable,
                  fmt::format("without root a mesh needs a user namespace, and there is none: {}; "
                              "remedy: {}; or run it with sudo",
                              requirement.problem, requirement.remedy));
  return {};
}

Result<void> make_namespaces() {
  CHECK_OK(check_rootless());
  TRY(const auto ids, IdMapping::of_this_user());
  TRY(auto mapper, ids.prepare());
  if (::unshare(kNamespaces) != 0) return fail_errno("new namespaces");
  CHECK_OK(mapper.map_parent());
  CHECK_OK(become_root());
  // What is mounted outside later may come in; nothing of ours goes out.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return fail_errno("make mounts private");
  return {};
}

// For commands outside, and for the next Layout inside.
Result<void> write_down(const Layout& layout) {
  TRY(const auto map, read_file("/proc/self/uid_map", 64 << 10));
  TRY(const auto ids, mapped_ids(map));
  return rewrite_file(layout.rootless_file(), std::to_string(ids) + "\n", 0600);
}

// Whoever is first starts or stops; the next one finds what that one left. Who cannot open the file
// cannot lock it.
Result<io::Descriptor> take_turn(const Layout& layout) {
  const auto path = layout.rootless_file();
  io::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return fail_errno(path);
  // No deadline: whoever has it makes namespaces, which ends soon, and loses it with its life.
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno(path);
  return file;
}

// Sidecars and programs whose supervisor, control plane and keeper are all gone: nobody can take
// them over, for their mesh's own mounts are gone as well.
Result<void> end_stranded(const Layout& layout) {
  const SystemClock clock;
  const auto deadline = clock.now() + kKill;
  for (;;) {
    const auto pids = processes_with_mount(layout.netns_dir());
    if (pids.empty()) return {};
    if (clock.now() > deadline)
      return fail(Code::timed_out, fmt::format("process {} does not end", pids.front()));
    for (const int pid : pids) ::kill(pid, SIGKILL);
    const io::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pids.front(), 0)));
    pollfd end{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    ::poll(&end, 1, kPollMs);
  }
}

Result<void> ensure_keeper(const Layout& layout) {
  const std::vector<std::string> words = {"keep", "--data-dir", layout.data_dir()};
  if (!processes_named(words).empty()) return {};
  TRY(const auto binaries, Binaries::beside(""));
  Launch launch;
  launch.program = binaries.mortise;
  launch.argv = {binaries.mortise};
  launch.argv.insert(launch.argv.end(), words.begin(), words.end());
  TRY(const auto started, spawn(launch, [](const ProcessId&) { return Result<void>(); }));
  static_cast<void>(started);
  return {};
}

Result<void> check_owner(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || status.st_uid == ::geteuid()) return {};
  if (status.st_uid == 0)
    return fail(Code::denied, path + " is root's: use sudo, or another --data-dir");
  return fail(Code::denied,
              fmt::format("{} belongs to uid {}: run this as that user", path, status.st_uid));
}

Result<void> make_home_folder(const Layout& layout) {
  CHECK_OK(check_data_dir(layout.data_dir()));
  std::error_code error;
  std::filesystem::create_directories(layout.data_dir(), error);
  if (error) return fail_errno("create " + layout.data_dir(), error.value());
  return make_dir(layout.data_dir(), 0711);
}

}  // namespace

std::vector<Requirement> rootless_requirements() {
  std::vector<Requirement> list;
  list.push_back(look_at_user_namespaces());
  for (auto& requirement : IdMapping::requirements()) list.push_back(std::move(requirement));
  return list;
}

Result<void> enter_host_side(const std::string& data_dir, HostSide purpose) {
  if (purpose == HostSide::none) return {};
  if (::geteuid() == 0) {
    // Inside our own user namespace we are root, and the mesh is ours.
    const auto layout = Layout::of(data_dir);  // the command itself says what is wrong with it
    return layout && layout->rootless() ? check_owner(layout->rootless_file()) : Result<void>();
  }
  TRY(const auto layout, Layout::of(data_dir));
  CHECK_OK(check_owner(layout.data_dir()));
  if (purpose != HostSide::start && !layout.rootless()) return {};
  if (purpose == HostSide::start) {
    // Nothing is left behind where it cannot work.
    if (!layout.rootless()) CHECK_OK(check_rootless());
    CHECK_OK(make_home_folder(layout));
  }
  if (purpose == HostSide::join) {
    const auto home = home_of(layout);
    return home ? join(*home) : Result<void>();
  }
  TRY(const auto turn, take_turn(layout));
  if (const auto home = home_of(layout)) {
    CHECK_OK(join(*home));
  } else {
    CHECK_OK(end_stranded(layout));
    CHECK_OK(make_namespaces());
  }
  CHECK_OK(write_down(layout));
  return purpose == HostSide::start ? ensure_keeper(layout) : Result<void>();
}

void keep_namespaces() {
  for (;;) ::pause();  // `down` ends it with a signal
}

}  // namespace mortise::runtime
