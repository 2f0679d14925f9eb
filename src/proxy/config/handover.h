// proxy/config/handover.h — puts configuration in force in the traffic loop, and says when it is.
// Used on the control loop.
#pragma once

#include <memory>

#include "io/gate.h"
#include "io/loop.h"
#include "proxy/worker.h"

namespace mortise::proxy {

class Handover {
 public:
  Handover(io::Loop& control, Worker& worker)
      : control_(control), worker_(worker), arrived_(control) {}

  // They return when the traffic loop has it.
  io::Task<void> put_in_force(std::shared_ptr<const Snapshot> snapshot);
  io::Task<void> put_in_force(std::shared_ptr<const Identity> identity);

 private:
  io::Task<void> done();

  io::Loop& control_;
  Worker& worker_;
  io::Gate arrived_;
  std::uint64_t sent_ = 0;
  std::uint64_t in_force_ = 0;
};

}  // namespace mortise::proxy
