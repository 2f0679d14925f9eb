// io/gate.h — a condition that coroutines wait for: open lets everybody through, closed holds
// them. Many may wait; opening wakes all of them, and each looks again at what it waited for.
#pragma once

#include "io/loop.h"

namespace mortise::io {

class Gate {
 public:
  explicit Gate(Loop& loop, bool open = false) : loop_(loop), open_(open) {}

  void open() {
    open_ = true;
    loop_.make_ready(waiters_);
  }
  void close() { open_ = false; }
  [[nodiscard]] bool is_open() const { return open_; }
  // Wakes everybody who waits now, and stays closed.
  void pulse() { loop_.make_ready(waiters_); }

  class Wait {
   public:
    explicit Wait(Gate& gate) : gate_(gate) {}
    [[nodiscard]] bool await_ready() const { return gate_.open_; }
    void await_suspend(std::coroutine_handle<> caller) {
      waiter_.handle = caller;
      gate_.waiters_.push_back(waiter_);
    }
    static void await_resume() {}

   private:
    Gate& gate_;
    Waiter waiter_;
  };
  // co_await gate.opened();
  [[nodiscard]] Wait opened() { return Wait(*this); }

 private:
  Loop& loop_;
  bool open_;
  WaiterList waiters_;
};

}  // namespace mortise::io
