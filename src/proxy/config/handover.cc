#include "proxy/config/handover.h"

namespace mortise::proxy {

io::Task<void> Handover::put_in_force(std::shared_ptr<const Snapshot> snapshot) {
  worker_.loop.post([this, snapshot = std::move(snapshot), number = ++sent_]() mutable {
    worker_.use(std::move(snapshot));
    control_.post([this, number] {
      in_force_ = number;
      arrived_.pulse();
    });
  });
  co_await done();
}

io::Task<void> Handover::put_in_force(std::shared_ptr<const Identity> identity) {
  worker_.loop.post([this, identity = std::move(identity), number = ++sent_]() mutable {
    worker_.use(std::move(identity));
    control_.post([this, number] {
      in_force_ = number;
      arrived_.pulse();
    });
  });
  co_await done();
}

io::Task<void> Handover::done() {
  const auto awaited = sent_;
  // Waits without deadline: the traffic loop takes its turns or the process is lost.
  while (in_force_ < awaited) co_await arrived_.opened();
}

}  // namespace mortise::proxy
