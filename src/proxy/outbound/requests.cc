#include "proxy/outbound/requests.h"

#include <fmt/format.h>

namespace mortise::proxy {
namespace {

constexpr std::size_t kAttempts = 3;

}  // namespace

Result<void> check_supported(const Endpoint& endpoint) {
  using policy::ClientTls;
  if (endpoint.decision.tls != ClientTls::simple && endpoint.decision.tls != ClientTls::mutual) {
    return {};
  }
  return fail(Code::denied, "DestinationRule mode " +
                                std::string(policy::to_string(endpoint.decision.tls)) +
                                " is not supported by this version");
}

const Endpoint* Attempts::next() {
  if (tried.size() >= kAttempts) return nullptr;
  const Endpoint* endpoint = worker.balancer.choose(destination.endpoints, tried);
  if (endpoint != nullptr) tried.push_back(endpoint);
  return endpoint;
}

void Attempts::failed(const Endpoint& endpoint, const DialFailure& failure) {
  EdgeKey edge = endpoint.edge;
  edge.protocol = protocol;
  edge.security = failure.in_handshake ? Security::refused : Security::unknown;
  last_failure = worker.edges.use(edge);
  ++last_failure.sums().connections_opened;
  ++last_failure.sums().connections_closed;
  worker.tell(fmt::format("outbound to {} at {} ({}, {}): {}", endpoint.workload,
                          endpoint.address.to_string(), policy::to_string(endpoint.decision.tls),
                          edge.why, failure.error.what()));
}

void Attempts::give_up() {
  ++last_failure.sums().requests;
  ++last_failure.sums().requests_failed;
}

io::Task<std::expected<Route, LocalReply>> OutboundRequests::open() {
  // The destination is looked up for each request: a new decision holds from the next one on.
  const auto destination = worker_.destination(target_);
  if (destination == nullptr || destination->endpoints.empty()) {
    co_return std::unexpected(no_healthy_upstream());
  }
  Attempts attempts{worker_, *destination, "http"};
  while (const Endpoint* endpoint = attempts.next()) {
    if (auto supported = check_supported(*endpoint); !supported) {
      attempts.failed(*endpoint, {true, supported.error()});
      continue;
    }
    auto active = worker_.balancer.begin(*endpoint);
    auto opened = co_await worker_.legs.open(*endpoint, worker_.identity());
    if (opened) {
      co_return Route{std::move(opened->stream), std::move(opened->edge), std::move(active)};
    }
    attempts.failed(*endpoint, opened.error());
  }
  attempts.give_up();
  co_return std::unexpected(upstream_reset(Reset::connection_failure));
}

}  // namespace mortise::proxy
