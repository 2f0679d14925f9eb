// proxy/worker.h — one traffic loop's share of the sidecar: the configuration in force, its legs
// and its counters. Everything here lives and dies on that loop.
#pragma once

#include <functional>

#include "base/log.h"
#include "io/scope.h"
#include "proxy/config/identity.h"
#include "proxy/config/snapshot.h"
#include "proxy/ending.h"
#include "proxy/outbound/balance.h"
#include "proxy/outbound/leg_pool.h"

namespace mortise::proxy {

// Who this sidecar serves.
struct Self {
  std::string namespace_name;
  std::string name;
  IpAddress address;
};

class Worker {
 public:
  static constexpr int kLinesPerSecond = 20;

  Worker(io::Loop& on, io::Network& network_used, Log& log_used, Self self_served,
         Limits limits_used);

  io::Loop& loop;
  io::Network& network;
  Log& log;
  const Self self;
  const Limits limits;

  // Hand-over from the control loop, always on this loop (by post()).
  void use(std::shared_ptr<const Snapshot> snapshot);
  void use(std::shared_ptr<const Identity> identity);

  // Both were given at least once. Until then connections wait, bounded, and never go plain.
  [[nodiscard]] bool is_ready() const { return snapshot_ != nullptr && identity_ != nullptr; }
  io::Task<bool> wait_until_ready();
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  [[nodiscard]] const std::shared_ptr<const Identity>& identity() const { return identity_; }

  // Where `target` leads under the snapshot in force; null: to nothing in the mesh.
  std::shared_ptr<const Destination> destination(const SocketAddress& target);
  // How many of them are remembered.
  [[nodiscard]] std::size_t destinations() const { return destinations_.size(); }
  // What is known about an address, after asking the control plane if need be.
  io::Task<Snapshot::Knowledge> learn(IpAddress address);
  // Told which addresses to ask the control plane for, and which are no longer used.
  std::function<void(IpAddress)> ask = [](IpAddress) {};
  std::function<void(IpAddress)> release = [](IpAddress) {};

  EdgeTable edges;
  LegPool legs;
  Balancer balancer;
  Ending ending;

  // One line for the operator about one connection. A flood of them is cut short and counted, so
  // that strangers cannot fill the log.
  void tell(std::string_view text);

  // Once a second: what grows with traffic shrinks again.
  void tidy();
  // Accepted and alive, both directions together: for the operator to see.
  std::size_t connections = 0;
  std::size_t most_connections = 0;  // since memory was given back
  std::size_t connections_seen = 0;  // when memory was looked at last
  // Pulsed when a snapshot or an identity comes into force.
  io::Gate changed;

 private:
  io::Task<bool> next_change();
  void note_use(const IpAddress& address);
  void return_memory();

  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const Identity> identity_;
  std::unordered_map<SocketAddress, std::shared_ptr<const Destination>> destinations_;
  int lines_left_ = kLinesPerSecond;
  std::unordered_map<IpAddress, TimePoint> asked_;  // on demand, and when last used
};

}  // namespace mortise::proxy
