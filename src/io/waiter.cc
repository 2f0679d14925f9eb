#include "io/waiter.h"

namespace mortise::io {

void Waiter::unlink() {
  if (!linked()) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  next_ = previous_ = nullptr;
}

WaiterList::WaiterList() { head_.next_ = head_.previous_ = &head_; }

WaiterList::~WaiterList() {
  while (pop_front() != nullptr) {
  }
  head_.next_ = head_.previous_ = nullptr;
}

void WaiterList::push_back(Waiter& waiter) {
  waiter.unlink();
  waiter.previous_ = head_.previous_;
  waiter.next_ = &head_;
  head_.previous_->next_ = &waiter;
  head_.previous_ = &waiter;
}

Waiter* WaiterList::pop_front() {
  if (empty()) return nullptr;
  Waiter* first = head_.next_;
  first->unlink();
  return first;
}

void WaiterList::take_all(WaiterList& other) {
  while (Waiter* waiter = other.pop_front()) push_back(*waiter);
}

}  // namespace mortise::io
