// io/sim/sim_loop.h — the deterministic double of EpollLoop: virtual time, one thread, a seed.
// The same seed and the same program give the same run, step for step.
#pragma once

#include <deque>

#include "io/loop.h"
#include "io/task.h"

namespace mortise::io::sim {

class SimLoop final : public Loop {
 public:
  explicit SimLoop(std::uint64_t seed) : Loop(seed) {}

  void post(std::move_only_function<void()> work) override { posted_.push_back(std::move(work)); }
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_start_ + (now_ - TimePoint{}); }
  // Moves the wall clock alone, as an administrator or a broken battery would.
  void jump_wall_clock(Duration by) { wall_start_ += by; }

  // Turns until nothing is ready; then jumps to the next timer, up to `limit` of virtual time.
  void run_for(Duration limit);
  // Until the task is done or `limit` of virtual time has passed; says which by task.done().
  template <class T>
  void run_until_done(Task<T>& task, Duration limit = std::chrono::hours(1)) {
    const auto end = now_ + limit;
    while (!task.done() && step(end)) {
    }
  }

 private:
  bool step(TimePoint end);  // false when nothing is left to do before `end`

  TimePoint now_;
  WallTime wall_start_ = WallTime{} + std::chrono::hours(24 * 365 * 56);
  std::deque<std::move_only_function<void()>> posted_;
};

}  // namespace mortise::io::sim
