#include "cli/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mortise::cli {
namespace {

void write_to(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

void ProcessTerminal::out(std::string_view text) { write_to(stdout, text); }
void ProcessTerminal::err(std::string_view text) { write_to(stderr, text); }
bool ProcessTerminal::out_is_terminal() const { return isatty(STDOUT_FILENO) == 1; }
bool ProcessTerminal::err_is_terminal() const { return isatty(STDERR_FILENO) == 1; }

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
