#include "io/timer.h"

#include "base/check.h"
#include "io/loop.h"

namespace mortise::io {

void Timer::start(TimerHeap& heap, TimePoint when, Waiter& waiter) {
  stop();
  heap_ = &heap;
  when_ = when;
  waiter_ = &waiter;
  heap.insert(*this);
}

void Timer::stop() {
  if (heap_ != nullptr) heap_->remove(*this);
}

void TimerHeap::expire(TimePoint now, WaiterList& ready) {
  while (!heap_.empty() && heap_.front()->when_ <= now) {
    Timer& due = *heap_.front();
    remove(due);
    ready.push_back(*due.waiter_);
  }
}

void TimerHeap::insert(Timer& timer) {
  timer.order_ = started_++;
  heap_.push_back(&timer);
  timer.position_ = heap_.size() - 1;
  sift_up(timer.position_);
}

void TimerHeap::remove(Timer& timer) {
  MORTISE_CHECK(timer.heap_ == this && heap_[timer.position_] == &timer);
  const auto hole = timer.position_;
  Timer* last = heap_.back();
  heap_.pop_back();
  timer.heap_ = nullptr;
  if (last == &timer) return;
  place(hole, last);
  sift_up(hole);
  sift_down(last->position_);
}

bool TimerHeap::sooner(const Timer& left, const Timer& right) {
  if (left.when_ != right.when_) return left.when_ < right.when_;
  return left.order_ < right.order_;
}

void TimerHeap::place(std::size_t position, Timer* timer) {
  heap_[position] = timer;
  timer->position_ = position;
}

void TimerHeap::sift_up(std::size_t position) {
  Timer* moving = heap_[position];
  while (position > 0) {
    const auto parent = (position - 1) / 2;
    if (!sooner(*moving, *heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, moving);
}

void TimerHeap::sift_down(std::size_t position) {
  Timer* moving = heap_[position];
  for (;;) {
    auto child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && sooner(*heap_[child + 1], *heap_[child])) ++child;
    if (!sooner(*heap_[child], *moving)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, moving);
}

bool Sleep::await_ready() const { return loop_.now() >= when_; }

void Sleep::await_suspend(std::coroutine_handle<> caller) {
  waiter_.handle = caller;
  timer_.start(loop_.timers(), when_, waiter_);
}

}  // namespace mortise::io
