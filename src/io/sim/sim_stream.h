// io/sim/sim_stream.h — one end of a simulated connection: a pipe per direction, owned by the world
// until both ends are gone.
#pragma once

#include <memory>

#include "io/scope.h"
#include "io/sim/sim_network.h"
#include "io/stream.h"

namespace mortise::io::sim {

// One direction.
struct Pipe {
  Pipe(SimLoop& loop, SocketAddress from_address, SocketAddress to_address)
      : from(from_address), to(to_address), readable(loop), writable(loop, true) {}

  SocketAddress from;
  SocketAddress to;
  std::string arrived;
  std::size_t in_flight = 0;  // bytes written and not yet read
  bool finished = false;      // the writer's end has arrived
  bool reset = false;         // the connection is gone
  bool reader_gone = false;
  TimePoint last_arrival;  // segments arrive in order
  Gate readable;
  Gate writable;
};

// The pipes between two ends, and what is on its way.
struct Connection {
  Connection(SimLoop& on, SocketAddress client, SocketAddress server)
      : loop(on), scope(on), forward(on, client, server), backward(on, server, client) {}
  void reset();

  SimLoop& loop;
  Scope scope;
  Pipe forward;
  Pipe backward;
  int ends = 2;
};

class SimStream final : public Stream {
 public:
  SimStream(SimWorld& world, Connection& connection, bool client);
  ~SimStream() override;

  Result<Progress> try_read(std::span<char> into) override;
  Result<Progress> try_write(std::span<const char> from) override;
  Gate::Wait readable() override { return in_.readable.opened(); }
  Gate::Wait writable() override { return out_.writable.opened(); }
  void finish_writing() override;
  void abort() override;

 private:
  std::size_t chance_of_less(std::size_t size);
  void send(std::string bytes, bool last);

  SimWorld& world_;
  Connection& connection_;
  Pipe& in_;
  Pipe& out_;
  bool finished_ = false;
};

}  // namespace mortise::io::sim
