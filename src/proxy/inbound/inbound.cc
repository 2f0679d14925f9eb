#include "proxy/inbound/inbound.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/race.h"
#include "proxy/first_of.h"
#include "proxy/first_words.h"
#include "proxy/forwarded_client_cert.h"
#include "proxy/http1_connection.h"
#include "proxy/inbound/application.h"
#include "proxy/inbound/decision.h"
#include "proxy/outbound/dial.h"
#include "proxy/relay.h"

namespace mortise::proxy {
namespace {

io::Task<bool> finished(io::Task<void> task) {
  co_await std::move(task);
  co_return true;
}

class Inbound {
 public:
  Inbound(Worker& worker, io::Accepted accepted)
      : worker_(worker),
        peer_(accepted.peer.ip),
        port_(accepted.original_destination.port),
        client_(std::move(accepted.stream)),
        inbox_(*client_),
        application_(worker, port_) {}

  io::Task<void> run();

 private:
  // Looking at what arrives.
  io::Task<Result<InboundDecision>> hear_peer();
  io::Task<std::optional<InboundDecision>> hear_within(Duration limit);
  io::Task<bool> application_begins(Duration hold);
  [[nodiscard]] Duration hold() const;
  io::Task<void> act_on(InboundDecision decision);

  // Serving it.
  io::Task<void> terminate();
  io::Task<void> serve_by_protocol(std::string_view why);
  io::Task<void> guess(std::string_view why);
  io::Task<void> serve_http(std::string_view why);
  io::Task<void> serve_tcp(std::string_view why);
  io::Task<bool> forbidden();
  void refuse(std::string_view why, std::string_view detail);
  EdgeTable::Use edge(std::string_view protocol, std::string_view why, bool refused) const;

  Worker& worker_;
  IpAddress peer_;
  std::uint16_t port_;
  std::unique_ptr<io::Stream> client_;
  Inbox inbox_;
  Application application_;
  InboundPort policy_;
  Handling handling_ = Handling::guess;
  wire::ClientHello hello_;
};

io::Task<void> Inbound::run() {
  if (!co_await worker_.wait_until_ready()) {
    co_return refuse("not-ready", "no certificate or no configuration yet");
  }
  policy_ = worker_.snapshot()->inbound_port(port_);
  handling_ = handling_of(policy_.protocol);
  if (policy_.mode == model::MtlsMode::disable) {
    co_return co_await serve_by_protocol("server-disabled");
  }
  if (policy_.mode == model::MtlsMode::strict || handling_ == Handling::http) {
    const bool strict = policy_.mode == model::MtlsMode::strict;
    const auto limit = strict ? worker_.limits.handshake : worker_.limits.http_idle;
    if (const auto decision = co_await hear_within(limit)) co_await act_on(*decision);
    co_return;
  }
  // The application may be the one that begins, so it is dialled at once (K-26).
  auto heard = co_await first_of(worker_.loop, hear_peer(), application_begins(hold()));
  if (heard.index() == 1) co_return co_await serve_tcp("plain-text");
  const auto& decision = std::get<0>(heard);
  if (decision) co_await act_on(*decision);
}

// Reads until the first bytes show what they are. Waits for the first of them without deadline:
// the callers have one, or the application's first words end the wait.
io::Task<Result<InboundDecision>> Inbound::hear_peer() {
  CO_TRY(std::size_t got, co_await inbox_.fill());
  const TimePoint deadline = worker_.loop.now() + worker_.limits.handshake;
  for (;;) {
    hello_ = wire::peek_client_hello(inbox_.bytes(), worker_.limits.hello_bytes);
    // An end in the middle of a ClientHello, or without a word.
    if (got == 0) hello_.verdict = wire::ClientHello::Verdict::not_tls;
    const auto decision = decide(policy_.mode, handling_, hello_);
    if (decision.treatment != Treatment::look_further) co_return decision;
    const auto more = co_await io::before(worker_.loop, deadline, inbox_.fill());
    if (!more) co_return InboundDecision{Treatment::refuse, "silent-peer"};
    CO_TRY(got, *more);
  }
}

io::Task<std::optional<InboundDecision>> Inbound::hear_within(Duration limit) {
  auto heard = co_await io::before(worker_.loop, worker_.loop.now() + limit, hear_peer());
  if (!heard) {
    refuse("silent-peer", "nothing that could be judged arrived in time");
    co_return std::nullopt;
  }
  if (!*heard) co_return std::nullopt;  // reset by the peer
  co_return **heard;
}

// True once the application has spoken and the peer stayed silent for `hold` more, while its
// ClientHello could still be on its way.
io::Task<bool> Inbound::application_begins(Duration hold) {
  const auto connected = co_await application_.connect();
  if (connected) {
    (void)co_await application_.first_bytes();  // an error shows again when it is relayed
    co_await worker_.loop.sleep_for(hold);
    co_return true;
  }
  // Whoever dials next finds out again, and says it in the way the peer's protocol has for it.
  io::Gate never(worker_.loop);
  co_await never.opened();  // ends with the race
  co_return false;
}

Duration Inbound::hold() const {
  const auto* workload = worker_.snapshot()->workload_at(peer_);
  if (workload == nullptr) return worker_.limits.hold_for_unknown;
  return workload->has_sidecar ? worker_.limits.hold_for_workload : Duration::zero();
}

io::Task<void> Inbound::act_on(InboundDecision decision) {
  switch (decision.treatment) {
    case Treatment::terminate:
      co_return co_await terminate();
    case Treatment::serve_plain:
      co_return co_await serve_by_protocol(decision.because);
    case Treatment::pass_raw:
      co_return co_await serve_tcp(decision.because);
    case Treatment::look_further:
    case Treatment::refuse:
      break;
  }
  refuse(decision.because, "the port's mode does not take it");
}

io::Task<void> Inbound::terminate() {
  io::TlsServerOptions options;
  // Mesh names are matched and never selected for HTTP (S-5).
  const bool http = std::ranges::find(hello_.alpn, "http/1.1") != hello_.alpn.end();
  if (http && handling_ != Handling::tcp) options.alpn = {"http/1.1"};
  const auto identity = worker_.identity();
  options.accepted_trust_domains = identity->accepted_trust_domains;
  options.already_read = inbox_.take();
  auto secured = co_await io::with_deadline(
      worker_.loop, worker_.limits.handshake, "TLS handshake",
      io::tls_accept(worker_.loop, std::move(client_), identity->context, std::move(options)));
  if (!secured) {
    // The stream is gone, and the peer got its alert.
    co_return refuse("no-mesh-certificate", secured.error().what());
  }
  client_ = *std::move(secured);
  inbox_.continue_on(*client_);
  co_await serve_by_protocol({});
}

io::Task<void> Inbound::serve_by_protocol(std::string_view why) {
  switch (handling_) {
    case Handling::http:
      co_return co_await serve_http(why);
    case Handling::tcp:
      co_return co_await serve_tcp(why);
    case Handling::guess:
      co_return co_await guess(why);
  }
}

// The client's words decide; an application that speaks first is not an HTTP server.
io::Task<void> Inbound::guess(std::string_view why) {
  auto hearing = hear_client(worker_.loop, inbox_, worker_.limits.first_line);
  auto heard =
      co_await first_of(worker_.loop, std::move(hearing), application_begins(Duration::zero()));
  if (heard.index() == 1) co_return co_await serve_tcp(why);
  const auto& words = std::get<0>(heard);
  if (!words) co_return;
  switch (*words) {
    case Words::http:
      co_return co_await serve_http(why);
    case Words::http2:
      co_return refuse("http2-undeclared", "HTTP/2 on a port of undeclared protocol");
    case Words::undecided:
    case Words::other:
      co_return co_await serve_tcp(why);
  }
}

io::Task<void> Inbound::serve_http(std::string_view why) {
  const auto* tls = client_->tls();
  const CountedConnection counted(edge("http", why, false));
  application_.serve_peer(tls != nullptr, counted.edge().again());
  auto serving = serve_http1(worker_.loop, worker_.limits, inbox_, application_,
                             tls != nullptr ? forwarded_client_cert(*tls) : std::string());
  if (tls != nullptr) co_return co_await std::move(serving);
  auto ended = co_await first_of(worker_.loop, finished(std::move(serving)), forbidden());
  if (ended.index() == 1) client_->abort();
}

io::Task<void> Inbound::serve_tcp(std::string_view why) {
  const CountedConnection counted(edge("tcp", why, false));
  if (const auto connected = co_await application_.connect(); !connected) {
    worker_.tell(
        fmt::format("inbound: the application on port {}: {}", port_, connected.error().what()));
    client_->abort();
    co_return;
  }
  UnlessHttp guarded(*client_, inbox_.bytes());
  const bool undecided = classify(inbox_.bytes()) == Words::undecided;
  if (handling_ == Handling::guess && undecided) inbox_.continue_on(guarded);
  auto& sums = counted.sums();
  auto relaying =
      relay_both(worker_.loop, inbox_, application_.bytes(), sums.bytes_received, sums.bytes_sent);
  auto ended = co_await first_of(worker_.loop, std::move(relaying), forbidden());
  if (ended.index() == 1) {
    client_->abort();
    application_.bytes().stream().abort();
  }
  inbox_.continue_on(*client_);
}

// True when the port became STRICT under a plain connection and its time to end is over.
io::Task<bool> Inbound::forbidden() {
  while (client_->tls() != nullptr ||
         worker_.snapshot()->inbound_port(port_).mode != model::MtlsMode::strict) {
    co_await worker_.changed.opened();  // ends with the connection
  }
  co_await worker_.loop.sleep_for(worker_.limits.drain);
  co_return true;
}

// A reset, and no word of the reason to the peer (S-30, invariant 7).
void Inbound::refuse(std::string_view why, std::string_view detail) {
  const CountedConnection counted(edge("tcp", why, true));
  worker_.tell(fmt::format("inbound from {} to port {} refused ({}): {}", peer_.to_string(), port_,
                           why, detail));
  if (client_ != nullptr) client_->abort();
}

EdgeTable::Use Inbound::edge(std::string_view protocol, std::string_view why, bool refused) const {
  EdgeKey key;
  key.peer_address = peer_.to_string();
  key.port = port_;
  key.why = why;
  key.mode = model::to_string(policy_.mode);
  key.rule = policy_.because;
  key = established(std::move(key), client_ != nullptr ? client_->tls() : nullptr,
                    std::string(protocol));
  if (refused) key.security = Security::refused;
  if (key.own_identity.empty() && worker_.identity() != nullptr) {
    key.own_identity = worker_.identity()->id;
  }
  // A plain connection that uses no TLS of ours from a workload that has no sidecar.
  const auto* workload =
      worker_.snapshot() != nullptr ? worker_.snapshot()->workload_at(peer_) : nullptr;
  if (key.security == Security::plain && why == "plain-text" && workload != nullptr &&
      !workload->has_sidecar) {
    key.why = policy::to_string(policy::Because::no_client_sidecar);
  }
  return worker_.edges.use(key);
}

}  // namespace

io::Task<void> serve_inbound(Worker& worker, io::Accepted accepted) {
  const SocketAddress target = accepted.original_destination;
  // The listener's own port leads nowhere (S-43); a foreign address is nobody we serve.
  if (target.port == accepted.local.port || target.ip != worker.self.address) {
    accepted.stream->abort();
    co_return;
  }
  Inbound inbound(worker, std::move(accepted));
  co_await inbound.run();
}

}  // namespace mortise::proxy
