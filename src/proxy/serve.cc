#include "proxy/serve.h"

#include <algorithm>

#include "io/race.h"
#include "proxy/inbound/inbound.h"
#include "proxy/outbound/outbound.h"

namespace mortise::proxy {
namespace {

// After an error of accept: usually descriptors ran out, and some connection will end.
constexpr auto kAfterError = std::chrono::milliseconds(50);
constexpr auto kQuiet = std::chrono::seconds(30);  // between two lines about such errors

// Counts a connection for as long as its task lives, cancelled or not.
class Place {
  using Room = Traffic::Room;

 public:
  Place(Worker& worker, Room& room) : worker_(worker), room_(room) {
    worker_.most_connections = std::max(worker_.most_connections, ++worker_.connections);
    ++room_.taken;
  }
  ~Place() {
    --worker_.connections;
    --room_.taken;
    room_.free.open();
    worker_.ending.note();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Worker& worker_;
  Room& room_;
};

}  // namespace

Traffic::Traffic(Worker& worker, io::Listener& outbound, io::Listener& inbound)
    : worker_(worker),
      outbound_(outbound),
      inbound_(inbound),
      inbound_room_(worker.loop, worker.limits.inbound_connections),
      outbound_room_(worker.loop, worker.limits.outbound_connections),
      connections_(worker.loop) {}

void Traffic::start() {
  accepting_outbound_ = accept_all(outbound_, outbound_room_, &serve_outbound);
  accepting_inbound_ = accept_all(inbound_, inbound_room_, &serve_inbound);
  tidying_ = tidy_now_and_then();
  accepting_outbound_.start();
  accepting_inbound_.start();
  tidying_.start();
}

io::Task<void> Traffic::accept_all(io::Listener& listener, Room& room, Serve serve) {
  TimePoint quiet_until;
  for (;;) {
    while (room.taken >= room.limit) {
      // At the limit newcomers wait in the kernel's backlog: no deadline, since some end.
      room.free.close();
      co_await room.free.opened();
    }
    auto accepted = co_await listener.accept();
    if (!accepted) {
      if (worker_.loop.now() >= quiet_until) {
        worker_.log.warning("accept: " + accepted.error().what());
        quiet_until = worker_.loop.now() + kQuiet;
      }
      co_await worker_.loop.sleep_for(kAfterError);
      continue;
    }
    connections_.spawn(serve_one(room, serve, *std::move(accepted)));
  }
}

io::Task<void> Traffic::serve_one(Room& room, Serve serve, io::Accepted accepted) {
  const Place place(worker_, room);
  co_await serve(worker_, std::move(accepted));
}

io::Task<void> Traffic::tidy_now_and_then() {
  for (;;) {
    co_await worker_.loop.sleep_for(std::chrono::seconds(1));
    worker_.tidy();
  }
}

void Traffic::stop_accepting() {
  accepting_outbound_.cancel();
  accepting_inbound_.cancel();
  worker_.ending.begin();
}

io::Task<bool> Traffic::ended(bool idle_ones_too) {
  // The callers have the deadline.
  while (worker_.connections > (idle_ones_too ? 0 : worker_.ending.idle())) {
    co_await worker_.ending.changed();
  }
  co_return true;
}

io::Task<void> Traffic::finish(Duration limit) {
  co_await io::before(worker_.loop, worker_.loop.now() + limit, ended(true));
}

io::Task<void> Traffic::drain(Duration limit) {
  co_await io::before(worker_.loop, worker_.loop.now() + limit, ended(false));
}

}  // namespace mortise::proxy
