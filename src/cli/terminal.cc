#include "cli/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace mortise::cli {
namespace {

bool write_to(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

}  // namespace

void ProcessTerminal::out(std::string_view text) {
  if (!write_to(stdout, text) && out_failure_ == 0) out_failure_ = errno;
}
void ProcessTerminal::err(std::string_view text) { write_to(stderr, text); }
bool ProcessTerminal::out_is_terminal() const { return isatty(STDOUT_FILENO) == 1; }
bool ProcessTerminal::err_is_terminal() const { return isatty(STDERR_FILENO) == 1; }

void occupy_standard_streams() {
  for (;;) {
    // stdin for writing only and the others for reading only: using them fails as it did before.
    const int lowest = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (lowest < 0) return;
    if (lowest > STDERR_FILENO) {
      ::close(lowest);
      return;
    }
    if (lowest == STDIN_FILENO) continue;
    ::close(lowest);
    if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return;
  }
}

Paint Paint::choose(std::string_view choice, bool is_terminal) {
  if (choice == "always") return Paint(true);
  if (choice == "never") return Paint(false);
  const char* no_color = std::getenv("NO_COLOR");
  return Paint(is_terminal && (no_color == nullptr || *no_color == '\0'));
}

std::string Paint::wrap(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace mortise::cli
