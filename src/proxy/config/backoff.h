// proxy/config/backoff.h — how long to wait before the next attempt: longer each time, spread so
// that many sidecars do not come back in step.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace mortise::proxy {

class Backoff {
 public:
  Backoff(Duration first, Duration most) : first_(first), most_(most), next_(first) {}

  // Between half of the current step and all of it.
  Duration next(Random& random) {
    const auto step = std::exchange(next_, std::min(next_ * 2, most_));
    return step / 2 + Duration(static_cast<Duration::rep>(
                          random.below(static_cast<std::uint64_t>((step / 2).count()) + 1)));
  }
  void succeeded() { next_ = first_; }

 private:
  Duration first_;
  Duration most_;
  Duration next_;
};

}  // namespace mortise::proxy
