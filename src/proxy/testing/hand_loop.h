// proxy/testing/hand_loop.h — a loop that turns only when a test says so, with a clock that moves
// only when a test moves it.
#pragma once

#include <vector>

#include "io/loop.h"

namespace mortise::proxy::testing {

class HandLoop final : public io::Loop {
 public:
  explicit HandLoop(std::uint64_t seed = 1) : io::Loop(seed) {}

  void post(std::move_only_function<void()> work) override { posted_.push_back(std::move(work)); }
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(std::chrono::hours(500'000)) + now_.time_since_epoch();
  }

  // Turns until nobody can go on without time passing or a peer acting.
  void settle() {
    bool ran = true;
    while (ran) {
      timers().expire(now_, ready_);
      auto work = std::exchange(posted_, {});
      for (auto& piece : work) piece();
      ran = run_ready() || !work.empty() || !posted_.empty();
    }
  }
  void pass(Duration time) {
    settle();
    const TimePoint end = now_ + time;
    while (!timers().empty() && timers().earliest() <= end) {
      now_ = timers().earliest();
      settle();
    }
    now_ = end;
    settle();
  }

 private:
  TimePoint now_{std::chrono::seconds(1000)};
  std::vector<std::move_only_function<void()>> posted_;
};

}  // namespace mortise::proxy::testing
