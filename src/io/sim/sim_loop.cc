#include "io/sim/sim_loop.h"

namespace mortise::io::sim {

void SimLoop::run_for(Duration limit) {
  const auto end = now_ + limit;
  while (step(end)) {
  }
  now_ = end;
}

bool SimLoop::step(TimePoint end) {
  if (!posted_.empty()) {
    auto work = std::move(posted_.front());
    posted_.pop_front();
    work();
    return true;
  }
  if (run_ready()) return true;
  if (timers_.empty() || timers_.earliest() > end) return false;
  now_ = std::max(now_, timers_.earliest());
  timers_.expire(now_, ready_);
  return true;
}

}  // namespace mortise::io::sim
