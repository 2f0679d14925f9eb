#include "proxy/http1_exchange.h"

#include "io/race.h"
#include "proxy/first_of.h"
#include "proxy/http1_heads.h"
#include "proxy/relay.h"

namespace mortise::proxy {
namespace {

using Client = ExchangeEnd::Client;
using wire::http1::Framing;
using wire::http1::ResponseHead;

// More interim answers than this before one answer are an attack or a loop.
constexpr int kInterimAnswers = 64;

class Exchange {
 public:
  Exchange(ExchangeRules rules, Request& request, Inbox& client, io::Stream& leg, EdgeSums& sums)
      : loop_(rules.loop),
        limits_(rules.limits),
        ending_(rules.ending),
        request_(request),
        client_(client),
        leg_(leg),
        sums_(sums) {}

  io::Task<ExchangeEnd> run();

 private:
  enum class Sending { underway, whole, leg_failed, client_failed };

  io::Task<void> send_request();
  io::Task<void> watch_client();
  void sending_is(Sending state);
  io::Task<bool> sent_to_the_end();

  io::Task<ExchangeEnd> receive_answer();
  io::Task<std::optional<Reset>> receive_final_head(ResponseHead& head);
  io::Task<ExchangeEnd> forward_answer(const ResponseHead& head);
  io::Task<ExchangeEnd> relay_upgraded();
  [[nodiscard]] Persistence persistence(const ResponseHead& head) const;
  io::Task<bool> write_to_client();

  io::Loop& loop_;
  const Limits& limits_;
  const Ending& ending_;
  Request& request_;
  Inbox& client_;
  io::Stream& leg_;
  EdgeSums& sums_;
  Inbox answer_{leg_};
  std::string out_;
  io::Gate changed_{loop_};
  Sending sending_ = Sending::underway;
  Persistence persistence_ = Persistence::close;  // as the client was told
  std::optional<ExchangeEnd> answered_;
};

io::Task<ExchangeEnd> Exchange::run() {
  auto sending = send_request();
  auto answering = report(receive_answer(), answered_, changed_);
  sending.start();
  answering.start();
  while (!answered_) {
    if (sending_ == Sending::client_failed) co_return ExchangeEnd{};
    // Waits without deadline: how long an application thinks is not ours to limit, and a client
    // that has enough of it leaves.
    co_await changed_.opened();
    changed_.close();
  }
  ExchangeEnd end = *answered_;
  if (end.client == Client::upgraded) {
    sending.cancel();
    co_return co_await relay_upgraded();
  }
  if (end.client == Client::keep && sending_ == Sending::underway) {
    // The answer overtook the request's body.
    co_await io::before(loop_, loop_.now() + limits_.late_body, sent_to_the_end());
  }
  end.body_read = sending_ == Sending::whole;
  end.leg_reusable &= end.body_read;
  if (end.client == Client::keep && !end.body_read) end.client = Client::linger;
  co_return end;
}

void Exchange::sending_is(Sending state) {
  sending_ = state;
  changed_.open();
}

io::Task<bool> Exchange::sent_to_the_end() {
  while (sending_ == Sending::underway) {
    co_await changed_.opened();  // the caller has the deadline
    changed_.close();
  }
  co_return sending_ == Sending::whole;
}

io::Task<void> Exchange::send_request() {
  if (!append_body(client_, request_.body, request_.head)) {
    sending_is(Sending::client_failed);
    co_return;
  }
  if (const auto put = co_await io::write_all(leg_, request_.head); !put) {
    sending_is(Sending::leg_failed);
    co_return;
  }
  sums_.bytes_received += request_.head.size();
  request_.head = std::string();
  switch (co_await copy_body(client_, leg_, request_.body, sums_.bytes_received)) {
    case Copied::whole:
      break;
    case Copied::source_failed:
      sending_is(Sending::client_failed);
      co_return;
    case Copied::sink_failed:
      sending_is(Sending::leg_failed);
      co_return;
  }
  sending_is(Sending::whole);
  co_await watch_client();
}

// A client that resets the connection gets no answer any more, so the leg is not kept busy for
// it. One that only finished writing does. What it pipelines is kept for the next exchange.
io::Task<void> Exchange::watch_client() {
  while (client_.bytes().size() < kChunk) {
    co_await client_.stream().readable();  // ends with the exchange
    const auto got = client_.try_fill();
    if (!got) sending_is(Sending::client_failed);
    if (!got || got->kind == io::Progress::closed) co_return;
  }
}

io::Task<ExchangeEnd> Exchange::receive_answer() {
  ResponseHead head;
  if (const auto reset = co_await receive_final_head(head)) {
    co_return ExchangeEnd{.client = Client::unanswered, .reply = upstream_reset(*reset)};
  }
  if (head.status >= 500) ++sums_.requests_failed;
  co_return co_await forward_answer(head);
}

// Forwards interim answers and leaves the final head parsed and still unconsumed in the inbox.
io::Task<std::optional<Reset>> Exchange::receive_final_head(ResponseHead& head) {
  for (int interim = 0; interim < kInterimAnswers;) {
    const auto size =
        wire::http1::parse_response(answer_.bytes(), limits_.head, request_.method, head);
    if (!size) co_return Reset::protocol_error;
    if (*size == 0) {
      // Waits without deadline: as in run().
      const auto got = co_await answer_.fill();
      if (!got || *got == 0) co_return Reset::connection_termination;
      continue;
    }
    const bool upgraded = head.status == 101;
    if (upgraded && !request_.upgrade) co_return Reset::protocol_error;
    if (head.status >= 200 || upgraded) {
      out_.clear();
      persistence_ = persistence(head);
      append_response(head, persistence_, out_);
      answer_.consume(*size);
      co_return std::nullopt;
    }
    ++interim;
    out_.clear();
    if (!request_.http10) append_response(head, Persistence::default_for_version, out_);
    answer_.consume(*size);
    if (!co_await write_to_client()) co_return Reset::connection_termination;
  }
  co_return Reset::protocol_error;
}

Persistence Exchange::persistence(const ResponseHead& head) const {
  if (head.status == 101) return Persistence::upgrade;
  const bool body_may_never_come =
      request_.expects_continue && !request_.body.begun() && !request_.body.done();
  if (!request_.keep_alive || head.framing == Framing::until_close || body_may_never_come) {
    return Persistence::close;
  }
  // A client that has sent its next request already is told with the answer to that one.
  if (ending_.begun() && client_.empty()) return Persistence::close;
  return request_.http10 ? Persistence::keep_alive_http10 : Persistence::default_for_version;
}

// Only plain values of `head` are used: its views went with the bytes they pointed into.
io::Task<ExchangeEnd> Exchange::forward_answer(const ResponseHead& head) {
  ExchangeEnd end;
  if (head.status == 101) {
    // Half a request may be on its way, and nobody could say where the new protocol begins.
    if (sending_ != Sending::whole) co_return end;
    if (co_await write_to_client()) end.client = Client::upgraded;
    co_return end;
  }
  const bool keep = persistence_ != Persistence::close;
  BodyCursor body(head.framing, head.content_length);
  if (!append_body(answer_, body, out_)) co_return end;
  if (!co_await write_to_client()) co_return end;
  if (co_await copy_body(answer_, client_.stream(), body, sums_.bytes_sent) != Copied::whole) {
    co_return end;
  }
  end.client = keep ? Client::keep : Client::linger;
  end.leg_reusable =
      head.keep_alive && !body.ends_with_connection() && answer_.empty() && !request_.http10;
  co_return end;
}

io::Task<ExchangeEnd> Exchange::relay_upgraded() {
  // An error ends both sides; there is nobody else to tell.
  (void)co_await relay_both(loop_, client_, answer_, sums_.bytes_received, sums_.bytes_sent);
  co_return ExchangeEnd{.client = Client::upgraded};
}

// Waits without deadline for a client that reads slowly; one that left ends the exchange.
io::Task<bool> Exchange::write_to_client() {
  const auto put = co_await io::write_all(client_.stream(), out_);
  sums_.bytes_sent += out_.size();
  co_return put.has_value();
}

}  // namespace

io::Task<ExchangeEnd> exchange(ExchangeRules rules, Request& request, Inbox& client,
                               io::Stream& leg, EdgeSums& sums) {
  ++sums.requests;
  Exchange parts(rules, request, client, leg, sums);
  co_return co_await parts.run();
}

}  // namespace mortise::proxy
