// io/sim/sim_network.h — a network inside one thread: hosts with addresses, capture rules like
// those of a workload's namespace, delays, short reads and writes, and resets, all from the seed.
#pragma once

#include <map>
#include <vector>

#include "io/network.h"
#include "io/sim/sim_loop.h"

namespace mortise::io::sim {

// What the network does to traffic. Probabilities in [0, 1].
struct Faults {
  Duration least_delay = Duration::zero();  // each segment takes this long to arrive ...
  Duration most_delay = Duration::zero();   // ... up to this long, in order
  double short_io = 0;                      // a read or write moves only a few bytes
  double reset = 0;                         // a write resets the connection instead
  double refuse = 0;                        // a connect is refused
  std::size_t buffer_bytes = 64 * 1024;     // in flight per direction before writes block
};

class SimNetwork;
class SimListener;
class SimStream;
struct Connection;

// Sees every byte put on the wire between two different hosts, like a packet capture.
struct Wiretap {
  virtual ~Wiretap() = default;
  virtual void on_bytes(SocketAddress from, SocketAddress to, std::string_view bytes) = 0;
};

// Outlives every stream and listener made in it.
class SimWorld {
 public:
  explicit SimWorld(SimLoop& loop);
  ~SimWorld();

  // A process on the host with this address. A sidecar's own traffic is not captured.
  std::unique_ptr<Network> process(IpAddress host, bool sidecar = false);
  // From now on the host's TCP goes through its sidecar, as architecture section 9 lays out.
  void capture(IpAddress host, std::uint16_t outbound_port = 15001,
               std::uint16_t inbound_port = 15006);
  // A service address that leads uncaptured callers to one of `endpoints` at random.
  void balance(SocketAddress service, std::vector<SocketAddress> endpoints);

  Faults faults;
  Wiretap* wiretap = nullptr;

 private:
  friend class SimNetwork;
  friend class SimListener;
  friend class SimStream;
  struct Capture {
    std::uint16_t outbound;
    std::uint16_t inbound;
  };
  struct Route {
    SimListener* listener;
    SocketAddress original;
  };
  Route route(IpAddress host, bool sidecar, IpAddress source, SocketAddress to);
  SimListener* find(SocketAddress address);
  void forget(Connection& connection);  // both ends are gone

  SimLoop& loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::map<SocketAddress, SimListener*> listeners_;
  std::map<IpAddress, Capture> captures_;
  std::map<SocketAddress, std::vector<SocketAddress>> services_;
  std::uint16_t next_port_ = 40000;
};

}  // namespace mortise::io::sim
