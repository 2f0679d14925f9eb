#include "cli/interrupt.h"

namespace mortise::cli {
namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t raised_signal = 0;

extern "C" void remember(int number) { raised_signal = number; }

}  // namespace

Interrupt::Interrupt() {
  raised_signal = 0;
  struct sigaction action{};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &int_before_);
  sigaction(SIGTERM, &action, &term_before_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &int_before_, nullptr);
  sigaction(SIGTERM, &term_before_, nullptr);
}

bool Interrupt::raised() const { return raised_signal != 0; }

}  // namespace mortise::cli
