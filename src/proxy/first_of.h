// proxy/first_of.h — two tasks side by side: until either is done, or until both are.
#pragma once

#include <optional>
#include <variant>

#include "io/gate.h"
#include "io/task.h"

namespace mortise::proxy {

// Runs `task`, keeps its value and wakes whoever watches.
template <class T>
io::Task<void> report(io::Task<T> task, std::optional<T>& value, io::Gate& changed) {
  value.emplace(co_await std::move(task));
  changed.open();
}

// The value of the one that finished first; the other is cancelled. With both done at once, the
// first one counts.
template <class A, class B>
io::Task<std::variant<A, B>> first_of(io::Loop& loop, io::Task<A> first, io::Task<B> second) {
  std::optional<A> a;
  std::optional<B> b;
  io::Gate changed(loop);
  auto run_first = report(std::move(first), a, changed);
  auto run_second = report(std::move(second), b, changed);
  run_first.start();
  if (!a) run_second.start();
  // Waits without deadline: the tasks have theirs.
  if (!a && !b) co_await changed.opened();
  if (a) co_return std::variant<A, B>(std::in_place_index<0>, *std::move(a));
  co_return std::variant<A, B>(std::in_place_index<1>, *std::move(b));
}

}  // namespace mortise::proxy
