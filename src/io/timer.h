// io/timer.h — waiting for a moment. Timers live in the coroutine that waits; the heap borrows
// them, so starting and dropping a timer allocates nothing in the steady state.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "io/waiter.h"

namespace mortise::io {

class Loop;
class TimerHeap;

class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { stop(); }

  void start(TimerHeap& heap, TimePoint when, Waiter& waiter);
  void stop();
  [[nodiscard]] bool running() const { return heap_ != nullptr; }

 private:
  friend class TimerHeap;
  TimerHeap* heap_ = nullptr;
  std::size_t position_ = 0;
  TimePoint when_;
  std::uint64_t order_ = 0;  // of starting: equal moments fire first come, first served
  Waiter* waiter_ = nullptr;
};

// A binary heap of borrowed timers, earliest first.
class TimerHeap {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] TimePoint earliest() const { return heap_.front()->when_; }
  // Moves the waiters of every timer due at `now` to `ready`, in order of time.
  void expire(TimePoint now, WaiterList& ready);

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer);
  static bool sooner(const Timer& left, const Timer& right);
  void place(std::size_t position, Timer* timer);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);

  std::vector<Timer*> heap_;
  std::uint64_t started_ = 0;
};

// co_await Sleep(loop, when)
class Sleep {
 public:
  Sleep(Loop& loop, TimePoint when) : loop_(loop), when_(when) {}
  [[nodiscard]] bool await_ready() const;
  void await_suspend(std::coroutine_handle<> caller);
  static void await_resume() {}

 private:
  Loop& loop_;
  TimePoint when_;
  Waiter waiter_;
  Timer timer_;
};

}  // namespace mortise::io
