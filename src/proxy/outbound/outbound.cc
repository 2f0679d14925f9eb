#include "proxy/outbound/outbound.h"

#include <fmt/format.h>

#include "io/race.h"
#include "proxy/first_of.h"
#include "proxy/first_words.h"
#include "proxy/http1_connection.h"
#include "proxy/outbound/requests.h"
#include "proxy/relay.h"

namespace mortise::proxy {
namespace {

using Stream = std::unique_ptr<io::Stream>;

struct TcpLeg {
  Stream stream;
  CountedConnection counted;
  ActiveRequest active;
};

class Outbound {
 public:
  Outbound(Worker& worker, Stream application, SocketAddress target)
      : worker_(worker),
        application_(std::move(application)),
        target_(target),
        inbox_(*application_) {}

  io::Task<void> run();

 private:
  io::Task<void> pass_through();
  io::Task<void> serve_destination();
  io::Task<void> serve_declared_http();
  io::Task<void> guess();
  io::Task<Result<Words>> hear_application();
  io::Task<void> serve(Result<Words> words);
  io::Task<void> hear_both(TcpLeg leg);
  io::Task<void> serve_http();
  io::Task<void> serve_tcp();
  io::Task<Result<TcpLeg>> open_tcp_leg();
  io::Task<void> relay_to(TcpLeg leg, std::string from_server);
  void refuse(std::string_view reason);

  Worker& worker_;
  Stream application_;
  SocketAddress target_;
  Handling handling_ = Handling::tcp;  // outside the mesh nothing is looked at
  Inbox inbox_;
};

io::Task<void> Outbound::run() {
  if (!co_await worker_.wait_until_ready()) {
    co_return refuse("no certificate or no configuration yet");
  }
  switch (co_await worker_.learn(target_.ip)) {
    case Snapshot::Knowledge::outside:
      co_return co_await pass_through();
    case Snapshot::Knowledge::known:
      co_return co_await serve_destination();
    case Snapshot::Knowledge::must_ask:
      break;
  }
  refuse("an address of the mesh that nobody can say anything about");
}

// Outside the mesh: as the application sends it (M-20 step 1).
io::Task<void> Outbound::pass_through() {
  auto connected =
      co_await worker_.network.connect({target_, std::nullopt, worker_.limits.connect});
  if (!connected) co_return refuse(connected.error().what());
  EdgeKey edge;
  edge.at_source = true;
  edge.peer_address = target_.ip.to_string();
  edge.port = target_.port;
  edge.why = policy::to_string(policy::Because::external);
  TcpLeg leg{*std::move(connected), {}, {}};
  leg.counted = CountedConnection(worker_.edges.use(established(edge, nullptr, "tcp")));
  co_await relay_to(std::move(leg), {});
}

io::Task<void> Outbound::serve_destination() {
  const auto destination = worker_.destination(target_);
  if (destination == nullptr) co_return refuse("a service port that is not declared");
  handling_ = destination->handling;
  switch (handling_) {
    case Handling::http:
      co_return co_await serve_http();
    case Handling::tcp:
      co_return co_await serve_tcp();
    case Handling::http2:
      co_return co_await serve_declared_http();
    case Handling::guess:
      co_return co_await guess();
  }
}

// Declared HTTP of either version: the client begins, and its first bytes say which.
io::Task<void> Outbound::serve_declared_http() {
  auto words = co_await io::with_deadline(worker_.loop, worker_.limits.http_idle, "first bytes",
                                          hear_application());
  co_await serve(std::move(words));
}

// Port of undeclared protocol: a client that speaks at once is recognised, and a silent one gets
// its server's first words.
io::Task<void> Outbound::guess() {
  const auto first = co_await io::before(
      worker_.loop, worker_.loop.now() + worker_.limits.first_words, inbox_.fill());
  if (first) {
    if (!*first) co_return;
    co_return co_await serve(co_await hear_application());
  }
  auto leg = co_await open_tcp_leg();
  if (leg) co_return co_await hear_both(*std::move(leg));
  // Only a request gets an answer, so wait for the words after all.
  auto late = co_await io::before(worker_.loop, worker_.loop.now() + worker_.limits.head_time,
                                  hear_application());
  if (late && *late && **late == Words::http) co_return co_await serve_http();
  refuse(leg.error().what());
}

io::Task<Result<Words>> Outbound::hear_application() {
  return hear_client(worker_.loop, inbox_, worker_.limits.first_line);
}

io::Task<void> Outbound::serve(Result<Words> words) {
  if (!words) co_return;
  if (goes_as_bytes(*words, handling_)) co_return co_await serve_tcp();
  if (*words == Words::http) co_return co_await serve_http();
  refuse("HTTP/2 on a port of undeclared protocol: name the port grpc- or http2-");
}

// Nobody has said anything yet. An HTTP server never begins, so if this one does, it is none; if
// the client begins with a request, the leg made for bytes is dropped for one made for requests.
io::Task<void> Outbound::hear_both(TcpLeg leg) {
  Inbox server(*leg.stream);
  // Waits without deadline: only the two ends know how long they may be silent.
  auto heard = co_await first_of(worker_.loop, hear_application(), server.fill());
  if (heard.index() == 0) {
    auto& words = std::get<0>(heard);
    if (!words || !goes_as_bytes(*words, handling_)) {
      co_return co_await serve(std::move(words));
    }
  }
  co_await relay_to(std::move(leg), server.take());
}

io::Task<void> Outbound::serve_http() {
  OutboundRequests requests(worker_, target_);
  co_await serve_http1(worker_.loop, worker_.limits, worker_.ending, inbox_, requests, {});
}

io::Task<void> Outbound::serve_tcp() {
  auto leg = co_await open_tcp_leg();
  if (!leg) co_return refuse(leg.error().what());
  co_await relay_to(*std::move(leg), {});
}

io::Task<Result<TcpLeg>> Outbound::open_tcp_leg() {
  const auto destination = worker_.destination(target_);
  if (destination == nullptr) co_return fail(Code::not_found, "the service port is gone");
  Attempts attempts{worker_, *destination, "tcp"};
  while (const Endpoint* endpoint = attempts.next()) {
    if (auto supported = check_supported(*endpoint); !supported) {
      attempts.failed(*endpoint, {true, supported.error()});
      continue;
    }
    auto active = worker_.balancer.begin(*endpoint);
    auto stream = co_await dial(worker_.loop, worker_.network, worker_.limits, endpoint->tcp,
                                worker_.identity());
    if (!stream) {
      attempts.failed(*endpoint, stream.error());
      continue;
    }
    CountedConnection counted(
        worker_.edges.use(established(endpoint->edge, (*stream)->tls(), "tcp")));
    co_return TcpLeg{*std::move(stream), std::move(counted), std::move(active)};
  }
  co_return fail(Code::unavailable, "no endpoint could be reached");
}

io::Task<void> Outbound::relay_to(TcpLeg leg, std::string from_server) {
  Inbox server(*leg.stream, std::move(from_server));
  UnlessHttp guarded(*application_, inbox_.bytes(), handling_);
  const bool undecided = classify(inbox_.bytes()) == Words::undecided;
  if (handling_ != Handling::tcp && undecided) inbox_.continue_on(guarded);
  EdgeSums& sums = leg.counted.sums();
  // Its error is a connection that one of the two ends reset; the other was reset for it.
  (void)co_await relay_both(worker_.loop, inbox_, server, sums.bytes_received, sums.bytes_sent);
  inbox_.continue_on(*application_);
}

// TCP has no words: the application sees a reset. The reason goes to the log.
void Outbound::refuse(std::string_view reason) {
  worker_.tell(fmt::format("outbound to {} refused: {}", target_.to_string(), reason));
  application_->abort();
}

}  // namespace

io::Task<void> serve_outbound(Worker& worker, io::Accepted accepted) {
  const SocketAddress target = accepted.original_destination;
  // Nobody redirected it: the program dialled the sidecar itself, which would dial itself.
  if (target == accepted.local || target.ip.is_loopback()) {
    accepted.stream->abort();
    co_return;
  }
  Outbound outbound(worker, std::move(accepted.stream), target);
  co_await outbound.run();
}

}  // namespace mortise::proxy
