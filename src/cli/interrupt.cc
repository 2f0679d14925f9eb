#include "cli/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/check.h"

namespace mortise::cli {
namespace {

// A signal handler can reach nothing but a global: the writing end of the pipe.
volatile std::sig_atomic_t signal_pipe = -1;

extern "C" void announce(int) {
  const int error_before = errno;
  const char byte = 0;
  // A full pipe says it already.
  [[maybe_unused]] const auto written = write(signal_pipe, &byte, 1);
  errno = error_before;
}

}  // namespace

Interrupt::Interrupt() {
  MORTISE_CHECK(pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  signal_pipe = pipe_[1];
  struct sigaction action{};
  action.sa_handler = announce;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &int_before_);
  sigaction(SIGTERM, &action, &term_before_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &int_before_, nullptr);
  sigaction(SIGTERM, &term_before_, nullptr);
  signal_pipe = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

bool Interrupt::raised_within(std::chrono::milliseconds limit) const {
  pollfd wanted{pipe_[0], POLLIN, 0};
  return poll(&wanted, 1, static_cast<int>(limit.count())) != 0;
}

}  // namespace mortise::cli
