// proxy/outbound/balance.h — which endpoint gets the next request: of two drawn at random, the one
// with fewer requests under way.
#pragma once

#include <span>
#include <unordered_map>

#include "base/random.h"
#include "proxy/outbound/destination.h"
#include "proxy/upstream.h"

namespace mortise::proxy {

class Balancer {
 public:
  explicit Balancer(Random& random) : random_(random) {}

  // Null when there is none. Endpoints in `tried` come last (semantics X-14).
  const Endpoint* choose(std::span<const Endpoint> endpoints,
                         std::span<const Endpoint* const> tried);
  // Counts a request at this endpoint for as long as the value lives.
  ActiveRequest begin(const Endpoint& endpoint);
  // Forgets endpoints at which nothing is under way, when there are many.
  void tidy();

 private:
  [[nodiscard]] int active(const Endpoint& endpoint) const;

  Random& random_;
  std::unordered_map<SocketAddress, int> active_;  // references stay valid while it grows
};

}  // namespace mortise::proxy
