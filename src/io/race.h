// io/race.h — deadlines and first-of-two. Every wait has one or a written reason for having none.
#pragma once

#include <optional>

#include "base/result.h"
#include "io/gate.h"
#include "io/task.h"

namespace mortise::io {

// co_await OpenOrTimeout(loop, gate, deadline): true when the gate opened or pulsed, false when the
// deadline came first.
class OpenOrTimeout {
 public:
  OpenOrTimeout(Loop& loop, Gate& gate, TimePoint deadline)
      : loop_(loop), gate_(gate), wait_(gate), deadline_(deadline) {}
  [[nodiscard]] bool await_ready() const { return gate_.is_open(); }
  // One coroutine, two causes to wake it; the first unlinks the other by ending this object.
  void await_suspend(std::coroutine_handle<> caller) {
    late_.handle = caller;
    timer_.start(loop_.timers(), deadline_, late_);
    wait_.await_suspend(caller);
  }
  [[nodiscard]] bool await_resume() const { return gate_.is_open() || timer_.running(); }

 private:
  Loop& loop_;
  Gate& gate_;
  Gate::Wait wait_;
  TimePoint deadline_;
  Waiter late_;
  Timer timer_;
};

namespace detail {
// Runs `task` and opens `finished` behind it.
template <class T>
Task<void> notify_when_done(Task<T> task, std::optional<T>& value, Gate& finished) {
  value.emplace(co_await std::move(task));
  finished.open();
}
}  // namespace detail

// The task's value, or nothing when the deadline came first; the task is then cancelled.
template <class T>
Task<std::optional<T>> before(Loop& loop, TimePoint deadline, Task<T> task) {
  std::optional<T> value;
  Gate decided(loop);
  auto work = detail::notify_when_done(std::move(task), value, decided);
  work.start();
  if (!value) static_cast<void>(co_await OpenOrTimeout(loop, decided, deadline));
  co_return value;
}

// The same for a task that returns a Result: the deadline becomes an Error that names the step.
template <class T>
Task<Result<T>> with_deadline(Loop& loop, Duration limit, const char* step, Task<Result<T>> task) {
  auto value = co_await before(loop, loop.now() + limit, std::move(task));
  if (!value) co_return fail(Code::timed_out, std::string(step) + ": no answer in time");
  co_return *std::move(value);
}

}  // namespace mortise::io
