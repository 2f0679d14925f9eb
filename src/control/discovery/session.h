// control/discovery/session.h — one proxy's discovery stream: tells it the difference between what
// it holds and what it should, one update at a time, and notes what it says is in force.
#pragma once

#include <string>

#include "api/discovery.pb.h"
#include "base/log.h"
#include "control/discovery/catalog.h"
#include "control/discovery/interest.h"
#include "io/gate.h"
#include "rpc/server.h"

namespace mortise::control::discovery {

// What is remembered of a proxy's process beyond one stream.
struct Peer {
  int streams = 0;                // open now; 2 for a moment when it dialled again
  std::string version;            // of the program
  std::uint64_t settled = 0;      // revision up to which nothing is outstanding
  std::uint64_t last_update = 0;  // revision of the last update that was not empty
  std::string rejected;           // why it refused the last update; empty: it did not
  TimePoint last_heard;
};

struct SessionOptions {
  Duration hello = std::chrono::seconds(10);       // to introduce itself
  Duration gather = std::chrono::milliseconds(5);  // between two updates
  Duration heartbeat = std::chrono::seconds(5);
  std::size_t addresses = 10'000;      // subscribed at once
  std::size_t update_bytes = 1 << 20;  // about; what is more follows in a second one
};

// The first message of a stream: who speaks, and what it holds.
io::Task<Result<::mortise::discovery::v1::Hello>> read_hello(io::Loop& loop,
                                                             const SessionOptions& options,
                                                             rpc::ServerCall& call);

class Session {
 public:
  using Hello = ::mortise::discovery::v1::Hello;

  // Everything is borrowed for the life of the call. `progress` pulses whenever `peer` changes.
  struct Context {
    io::Loop& loop;
    const registry::Registry& registry;
    Catalog& catalog;
    Log& log;
    io::Gate& progress;
    const SessionOptions& options;
  };
  Session(Context context, std::string proxy, Peer& peer, rpc::ServerCall& call);

  // From Hello on until the proxy leaves, its workload is gone, or stop().
  io::Task<rpc::Status> run(Hello hello);
  void wake();
  // Another stream of the same process has taken over.
  void stop();

 private:
  struct Difference {
    std::string update;    // empty: nothing to say
    Holdings after;        // what the proxy holds once it has confirmed
    bool partial = false;  // more follows: this revision is not in force yet
  };

  Result<void> greet(const Hello& hello);
  io::Task<void> receive();
  io::Task<Result<void>> send_updates();
  io::Task<Result<void>> send(std::uint64_t revision, Difference difference);
  io::Task<Result<void>> idle(std::uint64_t revision);
  using Addresses = google::protobuf::RepeatedPtrField<std::string>;
  Result<void> subscribe(const Addresses& addresses);
  Result<void> take(const ::mortise::discovery::v1::ToControl& message);
  void settle(std::uint64_t revision);
  [[nodiscard]] Holdings wanted_now() const;
  // How much of `wanted` the proxy does not hold.
  [[nodiscard]] std::size_t missing_bytes(const Holdings& wanted) const;
  // The update that brings the proxy from `sent_` towards what it wants.
  Difference difference(std::uint64_t revision);
  void heard() { peer_.last_heard = context_.loop.now(); }

  Context context_;
  Interest interest_;
  Peer& peer_;
  rpc::ServerCall& call_;
  Holdings sent_;            // of what its Hello names, without the bytes
  bool everything_ = false;  // the next update replaces all that the proxy holds
  bool dirty_ = true;
  bool ended_ = false;  // the proxy has left, or broke the contract
  Result<void> why_ended_;
  std::uint64_t nonce_ = 0;     // of the last update
  std::uint64_t answered_ = 0;  // nonce of the last ack
  std::uint64_t told_ = 0;      // revision of the last heartbeat or update
  io::Gate changed_;
};

}  // namespace mortise::control::discovery
