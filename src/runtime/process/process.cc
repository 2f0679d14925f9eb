#include "runtime/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/check.h"
#include "runtime/process/procfs.h"
#include "runtime/process/spawn.h"

namespace mortise::runtime {

namespace {

int pidfd_open(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

int pidfd_getfd(int pidfd, int number) {
  return static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, number, 0));
}

}  // namespace

std::string Ending::to_string() const {
  if (!status) return "ended";
  if (*status > 128) return fmt::format("was killed by signal {}", *status - 128);
  return fmt::format("ended with status {}", *status);
}

// One process: woken by the loop when its pidfd becomes readable, which is when it ends.
class HostProcesses::Watch final : private io::EpollClient {
 public:
  Watch(HostProcesses& owner, io::Descriptor pidfd, bool is_child)
      : owner_(owner), pidfd_(std::move(pidfd)), is_child_(is_child) {}
  ~Watch() override {
    owner_.loop_.remove(pidfd_.get());
    if (announcement_.valid()) owner_.loop_.remove(announcement_.get());
  }

  Result<void> listen(io::Descriptor announcement) {
    announcement_ = std::move(announcement);
    return owner_.loop_.add(announcement_.get(), EPOLLIN, *this);
  }
  bool announced() {
    char word = 0;
    if (announcement_.valid() && ::read(announcement_.get(), &word, 1) == 1) announced_ = true;
    return announced_;
  }

  Result<void> begin() { return owner_.loop_.add(pidfd_.get(), EPOLLIN, *this); }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }

  std::optional<Ending> ended() const {
    pollfd question{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&question, 1, 0) != 1) return std::nullopt;
    if (!is_child_) return Ending{};
    siginfo_t how{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &how, WEXITED | WNOHANG) != 0)
      return Ending{};
    return Ending{how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status};
  }

 private:
  void on_events(std::uint32_t) override { owner_.on_exit_(); }

  HostProcesses& owner_;
  io::Descriptor pidfd_;
  const bool is_child_;
  io::Descriptor announcement_;
  bool announced_ = false;
};

HostProcesses::HostProcesses(io::EpollLoop& loop, std::function<void()> on_exit)
    : loop_(loop), on_exit_(std::move(on_exit)) {}
HostProcesses::~HostProcesses() = default;

HostProcesses::Watch* HostProcesses::watch(const ProcessId& process, bool is_child) {
  const auto found = watches_.find(process);
  if (found != watches_.end()) return found->second.get();
  io::Descriptor pidfd(pidfd_open(process.pid));
  // The number may have gone to another process before pidfd_open, but not after.
  if (!pidfd.valid() || (!is_child && !is_alive(process))) return nullptr;
  auto watch = std::make_unique<Watch>(*this, std::move(pidfd), is_child);
  if (!watch->begin()) return nullptr;
  return watches_.emplace(process, std::move(watch)).first->second.get();
}

Result<ProcessId> HostProcesses::start(const Launch& launch, const Record& record) {
  if (launch.announces) return start_announcing(launch, record);
  TRY(const auto process, spawn(launch, record));
  // Without a watch its end would be noticed late, by ended() alone.
  watch(process, true);
  return process;
}

Result<ProcessId> HostProcesses::start_announcing(Launch launch, const Record& record) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("pipe");
  io::Descriptor read_end(ends[0]);
  const io::Descriptor write_end(ends[1]);
  launch.descriptors.push_back(write_end.get());
  TRY(const auto process, spawn(launch, record));
  Watch* const known = watch(process, true);
  if (known == nullptr) return fail(Code::unavailable, "the new process cannot be watched");
  CHECK_OK(known->listen(std::move(read_end)));
  return process;
}

bool HostProcesses::announced(const ProcessId& process) {
  const auto found = watches_.find(process);
  return found != watches_.end() && found->second->announced();
}

bool HostProcesses::works_in(const ProcessId& process, const std::string& folder) {
  struct stat there{};
  if (::stat(folder.c_str(), &there) != 0) return errno != ENOENT;
  struct stat own{};
  const auto link = fmt::format("/proc/{}/cwd", process.pid);
  if (!process.valid() || ::stat(link.c_str(), &own) != 0 || !is_alive(process)) return true;
  return own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

std::optional<Ending> HostProcesses::ended(const ProcessId& process) {
  if (!process.valid()) return Ending{};
  const Watch* const known = watch(process, false);
  if (known == nullptr) return Ending{};
  auto ending = known->ended();
  if (ending) watches_.erase(process);
  return ending;
}

void HostProcesses::signal(const ProcessId& process, int number) {
  const Watch* const known = watch(process, false);
  if (known == nullptr) return;
  // Too late is fine: it is gone then.
  ::syscall(SYS_pidfd_send_signal, known->pidfd(), number, nullptr, 0);
}

Result<CaptureSockets> HostProcesses::take_sockets(const ProcessId& process) {
  const Watch* const known = watch(process, false);
  if (known == nullptr) return fail(Code::not_found, "the sidecar is gone");
  CaptureSockets sockets{io::Descriptor(pidfd_getfd(known->pidfd(), 3)),
                         io::Descriptor(pidfd_getfd(known->pidfd(), 4))};
  if (!sockets.outbound.valid() || !sockets.inbound.valid())
    return fail_errno("take over the sidecar's sockets");
  for (const auto* socket : {&sockets.outbound, &sockets.inbound})
    ::fcntl(socket->get(), F_SETFD, FD_CLOEXEC);
  return sockets;
}

int HostProcesses::signal_inside(const std::string& netns, std::optional<std::uint32_t> uid,
                                 int number) {
  const auto found = processes_in(netns, uid);
  for (const int pid : found) ::kill(pid, number);
  return static_cast<int>(found.size());
}

int HostProcesses::signal_users(UidRange users, int number) {
  const auto found = processes_of(users);
  for (const int pid : found) ::kill(pid, number);
  return static_cast<int>(found.size());
}

}  // namespace mortise::runtime
