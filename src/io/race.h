// io/race.h — deadlines and first-of-two. Every wait has one or a written reason for having none.
#pragma once

#include <optional>

#include "base/result.h"
#include "io/gate.h"
#include "io/task.h"

namespace mortise::io {

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
  if (!value) {
    Timer timer;
    Gate::Wait wait = decided.opened();
    // One waiter, two causes: the gate or the timer, whichever comes first.
    struct Either {
      Gate::Wait& gate_wait;
      Loop& on;
      TimePoint at;
      Timer& limit;
      Waiter late;
      static bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        late.handle = caller;
        limit.start(on.timers(), at, late);
        gate_wait.await_suspend(caller);
      }
      void await_resume() { late.unlink(); }
    };
    co_await Either{wait, loop, deadline, timer, {}};
  }
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
