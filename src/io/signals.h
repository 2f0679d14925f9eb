// io/signals.h — signals as something a coroutine waits for.
#pragma once

#include <initializer_list>
#include <memory>

#include "io/epoll_loop.h"
#include "io/gate.h"
#include "io/task.h"

namespace mortise::io {

// Blocks the signals for this thread and those it starts later: make it before any thread.
class Signals final : private EpollClient {
 public:
  static Result<std::unique_ptr<Signals>> watch(EpollLoop& loop,
                                                std::initializer_list<int> numbers);
  ~Signals() override { loop_.remove(descriptor_.get()); }

  // The next signal's number. Waits without deadline: it is for the life of a program.
  Task<int> next();

 private:
  Signals(EpollLoop& loop, Descriptor descriptor);
  void on_events(std::uint32_t) override { arrived_.open(); }

  EpollLoop& loop_;
  Descriptor descriptor_;
  Gate arrived_;
};

}  // namespace mortise::io
