// io/loop.h — one thread's turn-taking: ready coroutines, timers, and work posted by other
// threads. EpollLoop drives it with the kernel, sim::SimLoop with a seeded schedule.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "io/timer.h"
#include "io/waiter.h"

namespace mortise::io {

class Loop : public Clock {
 public:
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `work` on this loop's thread in a later turn. The only member that other threads may call.
  virtual void post(std::move_only_function<void()> work) = 0;

  // Resumes the waiter's coroutine in this turn or the next, in order of arrival.
  void make_ready(Waiter& waiter) { ready_.push_back(waiter); }
  void make_ready(WaiterList& waiters) { ready_.take_all(waiters); }

  [[nodiscard]] Sleep sleep_for(Duration duration) { return {*this, now() + duration}; }
  [[nodiscard]] Sleep sleep_until(TimePoint when) { return {*this, when}; }
  TimerHeap& timers() { return timers_; }
  Random& random() { return random_; }

 protected:
  explicit Loop(std::uint64_t seed) : random_(seed) {}
  ~Loop() override = default;

  // Resumes what was ready when the call began. Returns whether anything ran.
  bool run_ready();

  WaiterList ready_;
  TimerHeap timers_;
  Random random_;
};

// Gives every other ready coroutine a turn: for long loops that must stay fair. co_await
// Yield(loop).
class Yield {
 public:
  explicit Yield(Loop& loop) : loop_(loop) {}
  static bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    waiter_.handle = caller;
    loop_.make_ready(waiter_);
  }
  static void await_resume() {}

 private:
  Loop& loop_;
  Waiter waiter_;
};

}  // namespace mortise::io
