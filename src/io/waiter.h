// io/waiter.h — a suspended coroutine that waits in at most one list. Destroying the waiter
// leaves the list: that is how cancellation by destruction works all the way down.
#pragma once

#include <coroutine>

namespace mortise::io {

class WaiterList;

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { unlink(); }

  std::coroutine_handle<> handle;

  [[nodiscard]] bool linked() const { return next_ != nullptr; }
  void unlink();

 private:
  friend class WaiterList;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
};

// First in, first out. The list borrows its waiters; they leave when they are destroyed.
class WaiterList {
 public:
  WaiterList();
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;
  ~WaiterList();

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  void push_back(Waiter& waiter);
  Waiter* pop_front();  // null when empty
  // Moves every waiter of `other` behind ours.
  void take_all(WaiterList& other);

 private:
  Waiter head_;
};

}  // namespace mortise::io
