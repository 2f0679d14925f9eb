#include "cli/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostOutput = 1 << 20;

// Reads until the program closes its output. False: the deadline came first.
Result<bool> read_until_end(int descriptor, const Clock& clock, TimePoint deadline,
                            std::string& into) {
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock.now());
    if (left.count() <= 0) return false;
    pollfd wanted{descriptor, POLLIN, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return fail_errno("waiting for output");
    if (ready <= 0) continue;
    const auto got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading output");
    if (got == 0) return true;
    const auto room = kMostOutput - into.size();
    into.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

Result<pid_t> spawn(const std::vector<std::string>& command, int output) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int problem =
      posix_spawnp(&child, command.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return fail_errno("starting " + command.front(), problem);
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  // Ends soon: the program closed its output or was killed.
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Captured> capture(const std::vector<std::string>& command, milliseconds limit,
                         const Clock& clock) {
  const auto deadline = clock.now() + limit;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("making a pipe");
  const auto child = spawn(command, ends[1]);
  close(ends[1]);  // the child's alone, so that its end is the end of the output
  if (!child) {
    close(ends[0]);
    return std::unexpected(child.error());
  }

  Captured captured;
  const auto ended = read_until_end(ends[0], clock, deadline, captured.out);
  close(ends[0]);
  if (!ended || !*ended) kill(*child, SIGKILL);
  captured.exit_status = wait_for(*child);
  if (!ended) return std::unexpected(ended.error());
  if (!*ended) {
    return fail(Code::timed_out,
                fmt::format("{} did not end within {} s", command.front(), limit.count() / 1000));
  }
  return captured;
}

}  // namespace mortise::cli
