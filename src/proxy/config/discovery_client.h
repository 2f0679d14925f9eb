// proxy/config/discovery_client.h — the stream on which the control plane tells this sidecar what
// to do: applied in order, acknowledged when in force, kept as it is while nobody is there.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "base/log.h"
#include "io/network.h"
#include "proxy/config/backoff.h"
#include "proxy/config/resources.h"
#include "rpc/client.h"

namespace mortise::proxy {

class DiscoveryClient {
 public:
  // Puts a snapshot in force and returns when it is, or says why it cannot be: then the one before
  // it still is.
  using PutInForce = std::function<io::Task<Result<void>>(std::shared_ptr<const Snapshot>)>;
  struct Parts {
    io::Loop& loop;  // control
    io::Network& network;
    Log& log;
    std::string socket;
    std::uint64_t instance = 0;
    PutInForce put_in_force;
  };
  explicit DiscoveryClient(Parts parts) : parts_(std::move(parts)), outgoing_ready_(parts_.loop) {}

  // Connects, and connects again, for the life of the process.
  io::Task<void> run();
  // Asks what an address leads to; the answer comes as part of the configuration.
  void subscribe(IpAddress address);
  void release(IpAddress address);

  [[nodiscard]] bool connected() const { return connected_; }
  // In force.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] const Resources& resources() const { return resources_; }

 private:
  io::Task<Result<void>> session();
  io::Task<Result<void>> receive(rpc::ClientCall& call);
  io::Task<Result<void>> transmit(rpc::ClientCall& call);
  io::Task<void> take(discovery_api::Update update);
  io::Task<Result<void>> put_in_force(const discovery_api::Update& update);
  void send(discovery_api::ToControl message);
  [[nodiscard]] discovery_api::ToControl hello() const;

  Parts parts_;
  Backoff backoff_{std::chrono::milliseconds(50), std::chrono::seconds(5)};
  Resources resources_;
  std::set<std::string> addresses_;  // subscribed on demand
  std::deque<std::string> outgoing_;
  io::Gate outgoing_ready_;
  bool talking_ = false;     // Hello was said on this stream
  bool connected_ = false;   // and answered
  bool certain_ = true;      // that what resources_ holds is what is in force
  bool had_update_ = false;  // since free memory was given back
  bool refused_ = false;     // the last update of this stream, so heartbeats do not speak of us
  std::uint64_t revision_ = 0;
};

}  // namespace mortise::proxy
