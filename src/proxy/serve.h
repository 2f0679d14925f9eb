// proxy/serve.h — the traffic side of a sidecar, put together: both listeners, their connections,
// and the orderly end.
#pragma once

#include "io/scope.h"
#include "proxy/worker.h"

namespace mortise::proxy {

class Traffic {
 public:
  // How many connections of one direction are alive.
  struct Room {
    Room(io::Loop& loop, std::size_t most) : limit(most), free(loop, true) {}
    const std::size_t limit;
    std::size_t taken = 0;
    io::Gate free;
  };

  // Borrows the listeners.
  Traffic(Worker& worker, io::Listener& outbound, io::Listener& inbound);

  void start();
  // Stops accepting and waits for what is going on, up to a limit.
  io::Task<void> drain(Duration limit);

 private:
  using Serve = io::Task<void> (*)(Worker&, io::Accepted);
  io::Task<void> accept_all(io::Listener& listener, Room& room, Serve serve);
  io::Task<void> serve_one(Room& room, Serve serve, io::Accepted accepted);
  io::Task<void> tidy_now_and_then();
  io::Task<bool> drained();

  Worker& worker_;
  io::Listener& outbound_;
  io::Listener& inbound_;
  Room inbound_room_;
  Room outbound_room_;
  io::Scope connections_;
  io::Task<void> accepting_outbound_;
  io::Task<void> accepting_inbound_;
  io::Task<void> tidying_;
};

}  // namespace mortise::proxy
