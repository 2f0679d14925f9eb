// proxy/outbound/leg_pool.h — the legs of one worker that carry requests, kept for the next one.
// A leg is used again only under the same target, decision and own identity (invariant 3).
#pragma once

#include <list>
#include <unordered_map>

#include "proxy/leg.h"
#include "proxy/outbound/dial.h"

namespace mortise::proxy {

class LegPool {
 public:
  LegPool(io::Loop& loop, io::Network& network, const Limits& limits, EdgeTable& edges)
      : loop_(loop), network_(network), limits_(limits), edges_(edges) {}

  struct Opened {
    std::unique_ptr<LegStream> stream;  // must not outlive the pool
    EdgeTable::Use edge;
  };
  // On an idle leg, the one used last first, or on a new one. `endpoint` must outlive the task.
  io::Task<std::expected<Opened, DialFailure>> open(const Endpoint& endpoint,
                                                    std::shared_ptr<const Identity> identity);

  // Drops legs that are idle for too long, were closed, or speak for an identity of the past.
  void sweep(std::uint64_t identity_epoch);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Pooled {
    std::unique_ptr<Leg> leg;
    std::uint64_t epoch = 0;
    bool mutual_tls = false;
    TimePoint idle_since;
    CountedConnection counted;
  };
  using Legs = std::list<Pooled>;  // the one used last is at the end
  class Stream;

  [[nodiscard]] bool too_old(const Pooled& pooled) const;
  Opened take(Legs& legs, Legs::iterator pooled);
  void give_back(Legs& legs, Legs::iterator pooled);

  io::Loop& loop_;
  io::Network& network_;
  const Limits& limits_;
  EdgeTable& edges_;
  std::unordered_map<std::string, Legs> pools_;
};

}  // namespace mortise::proxy
