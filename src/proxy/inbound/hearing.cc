#include "proxy/inbound/hearing.h"

#include "io/race.h"
#include "proxy/first_of.h"

namespace mortise::proxy {
namespace {

using model::MtlsMode;
using Heard = std::optional<InboundDecision>;

constexpr InboundDecision kSilent{Treatment::refuse, "silent-peer"};

// Reads until the first bytes show what they are. Waits for the first of them without deadline:
// the callers have one, or the application's first words end the wait.
io::Task<Heard> hear_peer(InboundConnection& connection) {
  const auto& worker = connection.worker;
  std::optional<TimePoint> deadline;
  bool ended = false;
  for (;;) {
    if (ended || !connection.inbox.empty()) {
      auto& hello = connection.hello;
      hello = wire::peek_client_hello(connection.inbox.bytes(), worker.limits.hello_bytes);
      // An end in the middle of a ClientHello, or without a word.
      if (ended) hello.verdict = wire::ClientHello::Verdict::not_tls;
      const auto decision = decide(connection.policy.mode, connection.policy.protocol, hello);
      if (decision.treatment != Treatment::look_further) co_return decision;
      if (!deadline) deadline = worker.loop.now() + worker.limits.handshake;
    }
    std::optional<Result<std::size_t>> got;
    if (deadline) {
      got = co_await io::before(worker.loop, *deadline, connection.inbox.fill());
    } else {
      got = co_await connection.inbox.fill();
    }
    if (!got) co_return kSilent;
    if (!*got) co_return std::nullopt;
    ended = **got == 0;
  }
}

// How long the application's first bytes are held while the peer's ClientHello may still be on
// its way (K-26).
Duration hold_for(const InboundConnection& connection) {
  const auto& worker = connection.worker;
  if (connection.policy.mode == MtlsMode::disable) return Duration::zero();
  const auto* workload = worker.snapshot()->workload_at(connection.peer);
  if (workload == nullptr) return worker.limits.hold_for_unknown;
  return workload->has_sidecar ? worker.limits.hold_for_workload : Duration::zero();
}

// What begins the connection, judged by `connection.policy`.
io::Task<Heard> first_move(InboundConnection& connection) {
  const auto& worker = connection.worker;
  const bool strict = connection.policy.mode == MtlsMode::strict;
  if (strict || model::is_http(connection.policy.protocol)) {
    const auto limit = strict ? worker.limits.handshake : worker.limits.first_byte;
    const auto heard =
        co_await io::before(worker.loop, worker.loop.now() + limit, hear_peer(connection));
    co_return heard ? *heard : kSilent;
  }
  // The application may be the one that begins, so it is dialled at once (K-26).
  auto heard = co_await first_of(worker.loop, hear_peer(connection),
                                 application_begins(connection, hold_for(connection)));
  if (heard.index() == 0) co_return std::get<0>(heard);
  if (!std::get<1>(heard)) co_return kSilent;
  const bool disabled = connection.policy.mode == MtlsMode::disable;
  co_return InboundDecision{Treatment::pass_raw, disabled ? "server-disabled" : "plain-text"};
}

io::Task<bool> policy_changes(const InboundConnection& connection) {
  // Waits without deadline: what it runs beside has one.
  while (connection.policy_now() == connection.policy) {
    co_await connection.worker.changed.opened();
  }
  co_return true;
}

}  // namespace

io::Task<Heard> hear(InboundConnection& connection) {
  for (;;) {
    connection.policy = connection.policy_now();
    auto heard = co_await first_of(connection.worker.loop, first_move(connection),
                                   policy_changes(connection));
    // A change may have come in the same turn as the peer's words.
    if (heard.index() == 0 && connection.policy_now() == connection.policy) {
      co_return std::get<0>(heard);
    }
  }
}

}  // namespace mortise::proxy
