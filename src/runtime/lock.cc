#include "runtime/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "runtime/files.h"
#include "runtime/process/procfs.h"

namespace mortise::runtime {

namespace {

constexpr int kPollMs = 10;
constexpr int kPolls = 300;

// Whether the file behind the descriptor is still the one that has the name.
bool is_current(int file, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(file, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// Whoever asks lock_owner() holds it for an instant, which must not end a supervisor's start.
bool lock_within_a_moment(int file) {
  constexpr int kAttempts = 20;
  constexpr int kPauseMs = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return false;
    ::poll(nullptr, 0, kPauseMs);
  }
  errno = EWOULDBLOCK;
  return false;
}

int written_owner(const std::string& path) {
  const auto text = read_file(path, 64);
  int pid = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), pid);
  return pid;
}

}  // namespace

Result<SupervisorLock> SupervisorLock::take(const Layout& layout) {
  const auto path = layout.lock_file();
  int patience = kPolls;
  for (;;) {
    io::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    // What runs has to end even where nothing can be written any more.
    if (!file.valid() && errno == EROFS) {
      file = io::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
      if (!file.valid() && errno == ENOENT) return fail_errno(path, EROFS);  // and none can be made
    }
    if (!file.valid()) return fail_errno(path);
    if (!lock_within_a_moment(file.get())) {
      if (errno != EWOULDBLOCK) return fail_errno(path);
      const int owner = written_owner(path);
      // A child that the last owner was about to start ends with it, but a moment later.
      if (!start_time_of(owner) && patience-- > 0) {
        ::poll(nullptr, 0, kPollMs);
        continue;
      }
      return fail(Code::conflict,
                  fmt::format("process {} already supervises {}", owner, layout.data_dir()));
    }
    // Its last owner may have removed it between our open and our lock.
    if (!is_current(file.get(), path)) continue;
    // Written over the last owner's: on a full disk that room is still ours.
    const auto pid = std::to_string(::getpid()) + "\n";
    const bool named =
        ::pwrite(file.get(), pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size()) &&
        ::ftruncate(file.get(), static_cast<off_t>(pid.size())) == 0;
    // Without the name the lock still holds: `down` has to work on a full disk.
    if (!named && errno != ENOSPC && errno != EBADF) return fail_errno(path);
    return SupervisorLock(std::move(file));
  }
}

void SupervisorLock::remove(const Layout& layout) {
  ::unlink(layout.lock_file().c_str());
  file_.reset();
}

std::optional<int> lock_owner(const Layout& layout) {
  const auto path = layout.lock_file();
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return std::nullopt;
  const int pid = written_owner(path);
  if (pid <= 0) return std::nullopt;  // just taken
  return pid;
}

}  // namespace mortise::runtime
