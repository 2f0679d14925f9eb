// cli/interrupt.h — Ctrl-C and SIGTERM as something to look at, so that a command can tidy up.
#pragma once

#include <array>
#include <chrono>
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

  [[nodiscard]] bool raised() const { return raised_within(std::chrono::milliseconds(0)); }
  // Waits that long for it.
  [[nodiscard]] bool raised_within(std::chrono::milliseconds limit) const;

 private:
  std::array<int, 2> pipe_{-1, -1};  // readable once a signal came
  struct sigaction int_before_{};
  struct sigaction term_before_{};
};

}  // namespace mortise::cli
