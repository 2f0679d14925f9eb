// io/task.h — Task<T>: a lazy coroutine with one owner. Nothing runs before it is awaited or
// started; destroying it cancels it, wherever it is suspended.
//
// Rules that the compiler does not check: parameters by value unless the awaiting caller outlives
// the task; no capturing lambda as a coroutine; no co_await inside a catch block.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.h"

namespace mortise::io {

template <class T>
class Task;

namespace detail {

class PromiseBase {
 public:
  struct Final {
    static bool await_ready() noexcept { return false; }
    template <class Promise>
    static std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      const auto next = self.promise().continuation_;
      return next ? next : std::noop_coroutine();
    }
    static void await_resume() noexcept {}
  };

  static std::suspend_always initial_suspend() noexcept { return {}; }
  static Final final_suspend() noexcept { return {}; }
  // Our code does not throw; a library that does is caught at its edge.
  [[noreturn]] static void unhandled_exception() noexcept {
    broken_invariant("no exception leaves a coroutine", __FILE__, __LINE__);
  }
  void continue_with(std::coroutine_handle<> next) { continuation_ = next; }

 private:
  std::coroutine_handle<> continuation_;
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return *std::move(value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      cancel();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Task() { cancel(); }

  // Runs until the first suspension. For the root of a tree of tasks; the owner keeps it alive.
  void start() { frame_.resume(); }
  [[nodiscard]] bool valid() const { return static_cast<bool>(frame_); }
  [[nodiscard]] bool done() const { return frame_ && frame_.done(); }
  // The value of a finished task; once.
  T take() {
    MORTISE_CHECK(done());
    return frame_.promise().take();
  }
  void cancel() {
    if (frame_) std::exchange(frame_, nullptr).destroy();
  }

  auto operator co_await() & = delete;  // awaiting takes the task: co_await std::move(task)
  auto operator co_await() && {
    struct Awaiter {
      std::coroutine_handle<promise_type> frame;
      [[nodiscard]] bool await_ready() const noexcept { return frame.done(); }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        frame.promise().continue_with(caller);
        return frame;
      }
      T await_resume() { return frame.promise().take(); }
    };
    MORTISE_CHECK(static_cast<bool>(frame_));
    return Awaiter{frame_};
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace mortise::io
