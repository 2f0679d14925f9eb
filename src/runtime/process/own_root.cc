#include "runtime/process/own_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "io/descriptor.h"

namespace mortise::runtime {

namespace {

bool write_map(int process, const char* file, std::uint32_t id) {
  const auto path = fmt::format("/proc/{}/{}", process, file);
  const io::Descriptor map(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const auto line = fmt::format("0 {} 1", id);
  return map.valid() && ::write(map.get(), line.data(), line.size()) > 0;
}

// Only who stayed outside may say which user root inside is. Waits for the sign that `process` has
// entered its namespace; the end of the pipe means that it could not.
[[noreturn]] void map_from_outside(int sign, int process, std::uint32_t id) {
  char word = 0;
  if (::read(sign, &word, 1) != 1) ::_exit(0);
  const bool mapped = write_map(process, "gid_map", id) && write_map(process, "uid_map", id);
  ::_exit(mapped ? 0 : errno);
}

}  // namespace

Result<void> enter_user_namespace(std::uint32_t uid) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
  const io::Descriptor read_end(ends[0]);
  io::Descriptor write_end(ends[1]);
  const int self = ::getpid();
  const int helper = ::fork();
  if (helper < 0) return fail_errno("fork");
  if (helper == 0) {
    write_end.reset();
    map_from_outside(read_end.get(), self, uid);
  }
  const bool entered = ::unshare(CLONE_NEWUSER) == 0;
  const int problem = errno;
  if (entered) {
    const char word = 'E';
    // If the helper died, its status says so.
    [[maybe_unused]] const auto sent = ::write(write_end.get(), &word, 1);
  }
  write_end.reset();
  int status = 0;
  while (::waitpid(helper, &status, 0) < 0)  // it ends at the sign, or at the end of the pipe
    if (errno != EINTR) return fail_errno("wait for the user namespace's map");
  if (!entered) return fail_errno("a user namespace for uid 0", problem);
  if (!WIFEXITED(status)) return fail(Code::unavailable, "who mapped uid 0 was killed");
  if (WEXITSTATUS(status) != 0) return fail_errno("map uid 0", WEXITSTATUS(status));
  return {};
}

}  // namespace mortise::runtime
