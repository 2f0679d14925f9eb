// cli/interrupt.h — Ctrl-C and SIGTERM as something to look at, so that a command can tidy up.
#pragma once

#include <csignal>

namespace mortise::cli {

// While one exists, SIGINT and SIGTERM end no wait by themselves; programs started meanwhile have
// the signals' ordinary effect. One at a time: signals belong to the whole process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool raised() const;

 private:
  struct sigaction int_before_{};
  struct sigaction term_before_{};
};

}  // namespace mortise::cli
