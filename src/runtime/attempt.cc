#include "runtime/attempt.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "io/descriptor.h"

namespace mortise::runtime {

namespace {

constexpr int kFailed = 1;
constexpr int kDenied = 2;

}  // namespace

Requirement attempt(const char* name, Result<void> (*what)(), const char* remedy,
                    const char* if_denied) {
  Requirement requirement{.name = name, .met = true, .problem = {}, .remedy = remedy};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return requirement;  // nothing learned
  io::Descriptor read_end(ends[0]);
  io::Descriptor write_end(ends[1]);
  const int child = ::fork();
  if (child < 0) {
    requirement.met = false;
    requirement.problem = "no process can be started to find out";
    return requirement;
  }
  if (child == 0) {
    const auto done = what();
    const auto said = done ? std::string() : done.error().what();
    if (::write(write_end.get(), said.data(), said.size()) < 0) ::_exit(kFailed);
    ::_exit(!done && done.error().code() == Code::denied ? kDenied : 0);
  }
  write_end.reset();
  std::array<char, 1024> text;
  const auto got = ::read(read_end.get(), text.data(), text.size());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (got > 0) {
    requirement.met = false;
    requirement.problem.assign(text.data(), static_cast<std::size_t>(got));
    const bool denied = WIFEXITED(status) && WEXITSTATUS(status) == kDenied;
    if (denied && if_denied != nullptr) requirement.remedy = if_denied;
  } else if (status != 0) {  // a library or the kernel ended it before it could say why
    requirement.met = false;
    requirement.problem = std::string(name) + ": the attempt was ended from outside";
  }
  return requirement;
}

}  // namespace mortise::runtime
