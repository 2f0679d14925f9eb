// proxy/outbound/requests.h — where the requests of one application connection go: an endpoint of
// the dialled destination, chosen anew for each request.
#pragma once

#include "proxy/upstream.h"
#include "proxy/worker.h"

namespace mortise::proxy {

class OutboundRequests final : public Upstream {
 public:
  OutboundRequests(Worker& worker, SocketAddress target) : worker_(worker), target_(target) {}
  io::Task<std::expected<Route, LocalReply>> open() override;

 private:
  Worker& worker_;
  SocketAddress target_;
};

// One endpoint after the other until a connection stands: two more attempts where nothing was
// sent yet (X-14, K-25). Each failed one is logged and counted as a connection that came to
// nothing.
struct Attempts {
  Worker& worker;
  const Destination& destination;
  std::string_view protocol;
  std::vector<const Endpoint*> tried = {};

  // The endpoint for the next attempt; null when there is none or no attempt is left.
  const Endpoint* next();
  void failed(const Endpoint& endpoint, const DialFailure& failure);
  // Counts the request itself, once, where the last attempt failed.
  void give_up();

  EdgeTable::Use last_failure = {};
};

// Whether the proxy can speak to this endpoint as decided. SIMPLE and MUTUAL with certificates
// from files are not supported yet and refuse: plain text is no substitute.
Result<void> check_supported(const Endpoint& endpoint);

}  // namespace mortise::proxy
