#include "proxy/inbound/inbound.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/race.h"
#include "proxy/first_of.h"
#include "proxy/inbound/hearing.h"
#include "proxy/inbound/serving.h"

namespace mortise::proxy {
namespace {

io::Task<bool> finished(io::Task<void> task) {
  co_await std::move(task);
  co_return true;
}

// Ends once the port has been STRICT for as long as a conversation may take to end.
io::Task<bool> forbidden(const InboundConnection& connection) {
  auto& worker = connection.worker;
  const auto strict = [&] { return connection.policy_now().mode == model::MtlsMode::strict; };
  for (;;) {
    // Waits without deadline: ends with the connection.
    while (!strict()) co_await worker.changed.opened();
    const TimePoint deadline = worker.loop.now() + worker.limits.drain;
    while (strict()) {
      if (!co_await io::OpenOrTimeout(worker.loop, worker.changed, deadline)) co_return true;
    }
  }
}

// What was allowed when the peer spoke ends in an orderly way when it no longer is. Counted from
// the change of policy on, since this watches from the first word on.
io::Task<void> while_allowed(InboundConnection& connection, io::Task<void> serving) {
  auto ended = co_await first_of(connection.worker.loop, finished(std::move(serving)),
                                 forbidden(connection));
  if (ended.index() == 0) co_return;
  connection.worker.tell(
      fmt::format("inbound from {} to port {} ended: plain text on a port that "
                  "became STRICT",
                  connection.peer.to_string(), connection.port));
  connection.stream->abort();
  connection.application.abort();
}

// Mesh names are matched and never selected for HTTP (S-5).
std::vector<std::string> protocols_to_select(const InboundConnection& connection) {
  const auto& offered = connection.hello.alpn;
  const bool http2 = connection.handling() == Handling::http2;
  for (const char* protocol : {"h2", "http/1.1"}) {
    if (protocol == std::string_view("h2") && !http2) continue;
    if (std::ranges::find(offered, protocol) != offered.end()) return {protocol};
  }
  return {};
}

io::Task<void> terminate(InboundConnection& connection) {
  const auto& worker = connection.worker;
  const auto identity = worker.identity();
  io::TlsServerOptions options;
  if (connection.handling() != Handling::tcp) options.alpn = protocols_to_select(connection);
  options.accepted_trust_domains = identity->accepted_trust_domains;
  options.already_read = connection.inbox.take();
  auto secured =
      co_await io::with_deadline(worker.loop, worker.limits.handshake, "TLS handshake",
                                 io::tls_accept(worker.loop, std::move(connection.stream),
                                                identity->context, std::move(options)));
  if (!secured) {
    // The stream is gone, and the peer got its alert.
    co_return connection.refuse("no-mesh-certificate", secured.error().what());
  }
  connection.stream = *std::move(secured);
  connection.inbox.continue_on(*connection.stream);
  co_await serve(connection);
}

io::Task<void> act_on(InboundDecision decision, InboundConnection& connection) {
  connection.because = decision.because;
  switch (decision.treatment) {
    case Treatment::terminate:
      co_return co_await terminate(connection);
    case Treatment::serve_plain:
      co_return co_await while_allowed(connection, serve(connection));
    case Treatment::pass_raw:
      co_return co_await while_allowed(connection, serve_bytes(connection));
    case Treatment::look_further:
    case Treatment::refuse:
      break;
  }
  connection.refuse(decision.because, "the port's mode does not take it");
}

}  // namespace

io::Task<void> serve_inbound(Worker& worker, io::Accepted accepted) {
  const SocketAddress target = accepted.original_destination;
  // The listener's own port leads nowhere (S-43); a foreign address is nobody we serve.
  if (target.port == accepted.local.port || target.ip != worker.self.address) {
    accepted.stream->abort();
    co_return;
  }
  InboundConnection connection(worker, std::move(accepted));
  if (!co_await worker.wait_until_ready()) {
    co_return connection.refuse("not-ready", "no certificate or no configuration yet");
  }
  if (const auto decision = co_await hear(connection)) co_await act_on(*decision, connection);
}

}  // namespace mortise::proxy
