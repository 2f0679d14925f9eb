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
  // From here on the listeners are not used any more, and connections of HTTP/1 end with their
  // next answer.
  void stop_accepting();
  // Then: waits until every connection has ended, up to a limit.
  io::Task<void> finish(Duration limit);
  // The same, but those of HTTP/1 that are between two requests are not waited for.
  io::Task<void> drain(Duration limit);

 private:
  using Serve = io::Task<void> (*)(Worker&, io::Accepted);
  io::Task<void> accept_all(io::Listener& listener, Room& room, Serve serve);
  io::Task<void> serve_one(Room& room, Serve serve, io::Accepted accepted);
  io::Task<void> tidy_now_and_then();
  io::Task<bool> ended(bool idle_ones_too);

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
