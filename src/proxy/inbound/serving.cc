#include "proxy/inbound/serving.h"

#include <fmt/format.h>

#include "io/race.h"
#include "proxy/first_of.h"
#include "proxy/forwarded_client_cert.h"
#include "proxy/http1_connection.h"
#include "proxy/relay.h"

namespace mortise::proxy {
namespace {

io::Task<void> serve_requests(InboundConnection& connection) {
  auto& worker = connection.worker;
  const auto* tls = connection.stream->tls();
  const CountedConnection counted(connection.count_as("http"));
  if (connection.inbox.empty()) {
    const auto first = co_await io::before(
        worker.loop, worker.loop.now() + worker.limits.first_byte, connection.inbox.fill());
    if (!first) co_return;  // closed in order, as after a last request
  }
  connection.application.serve_peer(tls != nullptr, counted.edge().again());
  co_await serve_http1(worker.loop, worker.limits, worker.ending, connection.inbox,
                       connection.application,
                       tls != nullptr ? forwarded_client_cert(*tls) : std::string());
}

// Which words the peer begins with. Nothing: it has none, and the application begins. The inner
// one is an error when neither does in time.
io::Task<std::optional<Result<Words>>> first_words_of_peer(InboundConnection& connection) {
  const auto& worker = connection.worker;
  auto hearing = hear_client(worker.loop, connection.inbox, worker.limits.first_line);
  if (model::is_http(connection.policy.protocol)) {
    co_return co_await io::with_deadline(worker.loop, worker.limits.first_byte, "first bytes",
                                         std::move(hearing));
  }
  // An application that speaks first is not an HTTP server.
  auto heard = co_await first_of(worker.loop, std::move(hearing),
                                 application_begins(connection, Duration::zero()));
  if (heard.index() == 0) co_return std::get<0>(std::move(heard));
  if (std::get<1>(heard)) co_return std::nullopt;
  co_return fail(Code::timed_out, "neither end spoke");
}

io::Task<void> serve_by_first_words(InboundConnection& connection) {
  const auto words = co_await first_words_of_peer(connection);
  if (words && !*words) co_return;
  if (!words || goes_as_bytes(**words, connection.handling())) {
    co_return co_await serve_bytes(connection);
  }
  if (**words == Words::http) co_return co_await serve_requests(connection);
  connection.refuse("http2-undeclared", "HTTP/2 on a port of undeclared protocol");
}

}  // namespace

io::Task<void> serve_bytes(InboundConnection& connection) {
  const auto& worker = connection.worker;
  auto& application = connection.application;
  auto& inbox = connection.inbox;
  const CountedConnection counted(connection.count_as("tcp"));
  if (const auto connected = co_await application.connect(); !connected) {
    connection.worker.tell(fmt::format("inbound: the application on port {}: {}", connection.port,
                                       connected.error().what()));
    connection.stream->abort();
    co_return;
  }
  if (connection.handling() != Handling::tcp && classify(inbox.bytes()) == Words::undecided) {
    connection.guard.emplace(*connection.stream, inbox.bytes(), connection.handling());
    inbox.continue_on(*connection.guard);
  }
  auto& sums = counted.sums();
  // Its error is a connection that one of the two ends reset; the other was reset for it.
  (void)co_await relay_both(worker.loop, inbox, application.bytes(), sums.bytes_received,
                            sums.bytes_sent);
}

io::Task<void> serve(InboundConnection& connection) {
  switch (connection.handling()) {
    case Handling::http:
      co_return co_await serve_requests(connection);
    case Handling::tcp:
      co_return co_await serve_bytes(connection);
    case Handling::http2:
    case Handling::guess:
      co_return co_await serve_by_first_words(connection);
  }
}

}  // namespace mortise::proxy
