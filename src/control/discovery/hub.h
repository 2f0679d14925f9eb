// control/discovery/hub.h — all discovery streams together: who is connected, what is in force
// where, and the receipt of a change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/discovery/session.h"

namespace mortise::control::discovery {

// What became of a revision. Concerned are the proxies that had to be told something.
struct Receipt {
  int applied = 0;  // concerned proxies in which it is in force
  int total = 0;    // concerned proxies
  std::chrono::milliseconds took{0};
  std::vector<std::string> lagging;  // named: not confirmed, or not heard of for their lease
};

// Of all processes that a proxy has: two while one takes over from the other, and then nothing is
// in force before it is in both.
struct ProxyState {
  bool connected = false;
  std::uint64_t revision = 0;  // in force
  bool synced = false;         // nothing is outstanding
  std::string version;
  std::string rejected;
};

class Hub {
 public:
  struct Options {
    Catalog::Options catalog;
    SessionOptions session;
    Duration lease = std::chrono::seconds(30);
  };

  Hub(io::Loop& loop, const registry::Registry& registry, Options options, Log& log);

  // Serves Discovery.Stream for the proxy of workload "NS/NAME", who was authenticated.
  io::Task<rpc::Status> serve(std::string proxy, rpc::ServerCall& call);
  // After Registry::apply.
  void on_change(const registry::Touched& touched);
  // Waits until the revision is in force everywhere it concerns, or the time is up.
  io::Task<Receipt> receipt(std::uint64_t revision, Duration limit);

  // The proxy has shown that it is alive (a report, say).
  void heard(const std::string& proxy);
  [[nodiscard]] std::optional<ProxyState> state(const std::string& proxy) const;

 private:
  // One process of a proxy.
  struct Process {
    Peer peer;
    Session* session = nullptr;  // its newest stream
    std::uint64_t since = 0;     // counts processes in the order of their arrival
  };
  using Processes = std::map<std::uint64_t, Process>;  // by Hello's instance

  enum class Standing : std::uint8_t { in_force, awaited, given_up };
  [[nodiscard]] Standing standing(const Peer& peer, std::uint64_t revision) const;
  // Adds a proxy to the receipt. True: it is waited for.
  bool count(const std::string& proxy, const Processes& processes, std::uint64_t revision,
             Receipt& receipt) const;
  Process& join(const std::string& proxy, std::uint64_t instance);
  void leave(const std::string& proxy, std::uint64_t instance, const Session& session);
  static void forget_ended(Processes& processes, std::uint64_t except);
  void forget_gone();

  io::Loop& loop_;
  const registry::Registry& registry_;
  Options options_;
  Log& log_;
  Catalog catalog_;
  std::map<std::string, Processes> proxies_;
  std::uint64_t joined_ = 0;
  io::Gate progress_;  // pulses when any peer's state changes
};

}  // namespace mortise::control::discovery
