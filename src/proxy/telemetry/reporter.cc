#include "proxy/telemetry/reporter.h"

#include <fmt/format.h>

#include "io/race.h"

namespace mortise::proxy {
namespace {

namespace api = ::mortise::telemetry::v1;

constexpr auto kMethod = "/mortise.telemetry.v1.Telemetry/Report";
constexpr auto kLimit = std::chrono::seconds(5);

api::Security encode(Security security) {
  switch (security) {
    case Security::mutual_tls:
      return api::SECURITY_MUTUAL_TLS;
    case Security::plain:
      return api::SECURITY_PLAIN;
    case Security::refused:
      return api::SECURITY_REFUSED;
    case Security::unknown:
      break;
  }
  return api::SECURITY_UNKNOWN;
}

void encode(const EdgeKey& key, const EdgeSums& sums, api::Edge& into) {
  into.set_reporter(key.at_source ? api::REPORTER_SOURCE : api::REPORTER_DESTINATION);
  into.set_peer_address(key.peer_address);
  into.set_peer_identity(key.peer_identity);
  into.set_own_identity(key.own_identity);
  into.set_service(key.service);
  into.set_port(key.port);
  into.set_protocol(key.protocol);
  into.set_security(encode(key.security));
  into.set_why(key.why);
  into.set_mode(key.mode);
  into.set_rule(key.rule);
  into.set_tls_version(key.tls_version);
  into.set_cipher(key.cipher);
  into.set_group(key.group);
  into.set_connections_opened(sums.connections_opened);
  into.set_connections_closed(sums.connections_closed);
  into.set_requests(sums.requests);
  into.set_requests_failed(sums.requests_failed);
  into.set_bytes_sent(sums.bytes_sent);
  into.set_bytes_received(sums.bytes_received);
}

}  // namespace

io::Task<void> Reporter::run() {
  last_collected_ = parts_.loop.now();
  for (;;) {
    const auto ended = co_await report_on_one_connection();
    if (!ended) parts_.log.debug("telemetry: " + ended.error().what());
    co_await parts_.loop.sleep_for(backoff_.next(parts_.loop.random()));
  }
}

io::Task<Result<void>> Reporter::report_on_one_connection() {
  CO_TRY(auto stream, co_await parts_.network.connect_unix(parts_.socket));
  const auto channel = rpc::Channel::over(parts_.loop, std::move(stream));
  auto running = channel->run();
  running.start();
  for (;;) {
    if (!unconfirmed_) co_await collect();
    CO_TRY(const auto answer,
           co_await channel->call(kMethod, unconfirmed_->SerializeAsString(), kLimit));
    unconfirmed_.reset();
    backoff_.succeeded();
    confirmed_ = sequence_;
    confirmed_again_.pulse();
    const auto next = parts_.loop.now() + parts_.every;
    static_cast<void>(co_await io::OpenOrTimeout(parts_.loop, hurry_, next));
  }
}

io::Task<bool> Reporter::report_last() {
  const auto last = sequence_ + 1;
  hurry_.open();
  while (confirmed_ < last) co_await confirmed_again_.opened();
  hurry_.close();
  co_return true;
}

// The edges are counted on the traffic loop and taken there.
io::Task<void> Reporter::collect() {
  const auto standing = parts_.standing();
  auto& report = unconfirmed_.emplace();
  report.set_instance(parts_.instance);
  report.set_sequence(++sequence_);
  report.set_revision(standing.revision);
  report.set_certificate_not_after(standing.certificate_not_after);
  report.set_certificate_trouble(standing.certificate_trouble);
  report.set_window_ms(static_cast<std::uint64_t>((parts_.loop.now() - last_collected_) /
                                                  std::chrono::milliseconds(1)));
  last_collected_ = parts_.loop.now();
  collected_.close();
  parts_.worker.loop.post([this] {
    parts_.loop.post(
        [this, edges = parts_.worker.edges.take(), dropped = parts_.worker.edges.dropped()] {
          unconfirmed_->set_edges_dropped(dropped);
          for (const auto& [key, sums] : edges) encode(key, sums, *unconfirmed_->add_edges());
          collected_.open();
        });
  });
  // Waits without deadline: the traffic loop takes its turns or the process is lost.
  co_await collected_.opened();
}

}  // namespace mortise::proxy
