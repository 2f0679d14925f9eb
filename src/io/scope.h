// io/scope.h — owner of a changing number of tasks, such as the connections of a listener.
// A task that finishes leaves by itself; destroying the scope cancels those that remain.
#pragma once

#include <cstddef>

#include "io/gate.h"
#include "io/task.h"

namespace mortise::io {

class Scope {
 public:
  explicit Scope(Loop& loop) : empty_(loop, true) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  // Starts the task at once and owns it until it finishes.
  void spawn(Task<void> task);
  [[nodiscard]] std::size_t size() const { return size_; }
  // co_await scope.drained(): waits until no task is left.
  [[nodiscard]] Gate::Wait drained() { return empty_.opened(); }

 private:
  struct Child;  // the coroutine around one task; knows its place in the list
  static Child run(Task<void> task);

  struct Node {
    Scope* scope = nullptr;
    Node* next = nullptr;
    Node* previous = nullptr;
    std::coroutine_handle<> frame;
  };
  void add(Node& node);
  void remove(Node& node);

  Node* first_ = nullptr;
  std::size_t size_ = 0;
  Gate empty_;
};

}  // namespace mortise::io
