#include "io/scope.h"

namespace mortise::io {

struct Scope::Child {
  struct promise_type {
    Node node;

    // The frame is suspended for good here, so it may destroy itself; nothing else holds it.
    struct Leave {
      static bool await_ready() noexcept { return false; }
      static void await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        Node& node = self.promise().node;
        Scope& scope = *node.scope;
        scope.remove(node);
        self.destroy();
        if (scope.size_ == 0) scope.empty_.open();
      }
      static void await_resume() noexcept {}
    };

    Child get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static Leave final_suspend() noexcept { return {}; }
    static void return_void() {}
    [[noreturn]] static void unhandled_exception() {
      broken_invariant("no exception leaves a coroutine", __FILE__, __LINE__);
    }
  };
  std::coroutine_handle<promise_type> frame;
};

Scope::Child Scope::run(Task<void> task) { co_await std::move(task); }

void Scope::spawn(Task<void> task) {
  const Child child = run(std::move(task));
  Node& node = child.frame.promise().node;
  node.scope = this;
  node.frame = child.frame;
  add(node);
  child.frame.resume();
}

Scope::~Scope() {
  while (first_ != nullptr) {
    Node& node = *first_;
    remove(node);
    node.frame.destroy();
  }
}

void Scope::add(Node& node) {
  node.next = first_;
  if (first_ != nullptr) first_->previous = &node;
  first_ = &node;
  ++size_;
  empty_.close();
}

void Scope::remove(Node& node) {
  if (node.previous != nullptr) node.previous->next = node.next;
  if (node.next != nullptr) node.next->previous = node.previous;
  if (first_ == &node) first_ = node.next;
  --size_;
}

}  // namespace mortise::io
