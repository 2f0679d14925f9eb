#include "io/signals.h"

#include <sys/signalfd.h>

#include <csignal>

namespace mortise::io {

Signals::Signals(EpollLoop& loop, Descriptor descriptor)
    : loop_(loop), descriptor_(std::move(descriptor)), arrived_(loop, true) {}

Result<std::unique_ptr<Signals>> Signals::watch(EpollLoop& loop,
                                                std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Descriptor descriptor(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!descriptor.valid()) return fail_errno("watch signals");
  std::unique_ptr<Signals> signals(new Signals(loop, std::move(descriptor)));
  CHECK_OK(loop.add(signals->descriptor_.get(), EPOLLIN, *signals));
  return signals;
}

Task<int> Signals::next() {
  for (;;) {
    signalfd_siginfo info{};
    if (::read(descriptor_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      co_return static_cast<int>(info.ssi_signo);
    }
    arrived_.close();
    co_await arrived_.opened();
  }
}

}  // namespace mortise::io
