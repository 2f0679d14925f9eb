#include "proxy/http1_connection.h"

#include "io/race.h"
#include "proxy/http1_exchange.h"
#include "proxy/http1_heads.h"

namespace mortise::proxy {
namespace {

using Client = ExchangeEnd::Client;
using wire::http1::RequestHead;

class Http1Connection {
 public:
  Http1Connection(io::Loop& loop, const Limits& limits, Ending& ending, Inbox& client,
                  Upstream& upstream, std::string client_cert)
      : loop_(loop),
        limits_(limits),
        ending_(ending),
        client_(client),
        upstream_(upstream),
        client_cert_(std::move(client_cert)) {}

  io::Task<void> run();

 private:
  enum class Read { request, refused, over };
  io::Task<Read> read_request();
  Read accept_head(const RequestHead& head, std::size_t size);
  Read refuse(LocalReply reply);
  io::Task<bool> answer_one();
  io::Task<void> reply_and_linger(LocalReply reply);
  io::Task<bool> write_reply(LocalReply reply, bool close);
  io::Task<void> linger();
  io::Task<bool> drain();

  io::Loop& loop_;
  const Limits& limits_;
  Ending& ending_;
  Inbox& client_;
  Upstream& upstream_;
  std::string client_cert_;
  RequestHead head_;  // its vectors are reused; its views live no longer than read_request()
  Request request_;
  LocalReply refusal_;
};

io::Task<void> Http1Connection::run() {
  for (;;) {
    switch (co_await read_request()) {
      case Read::request:
        break;
      case Read::refused:
        co_await reply_and_linger(refusal_);
        co_return;
      case Read::over:
        co_return;
    }
    if (!co_await answer_one()) co_return;
  }
}

io::Task<Http1Connection::Read> Http1Connection::read_request() {
  TimePoint deadline = loop_.now() + limits_.http_idle;
  bool begun = false;
  for (;;) {
    if (!client_.empty()) {
      if (!begun) deadline = loop_.now() + limits_.head_time;
      begun = true;
      const auto size = wire::http1::parse_request(client_.bytes(), limits_.head, head_);
      if (!size) {
        co_return refuse(size.error().code() == Code::exhausted ? head_too_large() : bad_request());
      }
      if (*size > 0) co_return accept_head(head_, *size);
    }
    std::optional<Ending::Idle> idle;
    if (!begun) idle.emplace(ending_);
    const auto got = co_await io::before(loop_, deadline, client_.fill());
    if (!got) co_return begun ? refuse(request_timed_out()) : Read::over;
    if (!*got || **got == 0) co_return Read::over;
  }
}

Http1Connection::Read Http1Connection::accept_head(const RequestHead& head, std::size_t size) {
  // A tunnel would carry requests past the codec, forged client certificates included.
  if (head.method == "CONNECT") return refuse(bad_request());
  request_.method = head.method;
  request_.body = BodyCursor(head.framing, head.content_length);
  request_.http10 = head.minor_version == 0;
  request_.keep_alive = head.keep_alive;
  request_.expects_continue = head.expects_continue;
  request_.upgrade = hands_on_upgrade(head);
  request_.head.clear();
  append_request(head, client_cert_, request_.head);
  client_.consume(size);
  return Read::request;
}

Http1Connection::Read Http1Connection::refuse(LocalReply reply) {
  request_.method.clear();  // of the request before: it says nothing about this answer
  refusal_ = reply;
  return Read::refused;
}

// One exchange. False: the connection is over.
io::Task<bool> Http1Connection::answer_one() {
  if (!upstream_.still_allowed()) {
    client_.stream().abort();
    co_return false;
  }
  ExchangeEnd end{.client = Client::unanswered, .body_read = request_.body.done()};
  auto route = co_await upstream_.open();
  if (route) {
    end = co_await exchange({loop_, limits_, ending_}, request_, client_, route->leg->bytes(),
                            route->edge.sums());
    if (end.leg_reusable) route->leg->reuse();
    if (end.client == Client::unanswered) ++route->edge.sums().requests_failed;
    route->leg.reset();
  } else {
    end.reply = route.error();
  }
  switch (end.client) {
    case Client::keep:
      co_return true;
    case Client::linger:
      co_await linger();
      co_return false;
    case Client::broken:
      client_.stream().abort();
      co_return false;
    case Client::upgraded:
      co_return false;
    case Client::unanswered:
      break;
  }
  if (!end.body_read || !request_.keep_alive || request_.http10 || ending_.begun()) {
    co_await reply_and_linger(end.reply);
    co_return false;
  }
  co_return co_await write_reply(end.reply, false);
}

io::Task<void> Http1Connection::reply_and_linger(LocalReply reply) {
  if (co_await write_reply(reply, true)) co_await linger();
}

// A client that takes not even these few bytes is not waited for.
io::Task<bool> Http1Connection::write_reply(LocalReply reply, bool close) {
  const auto text = render(reply, close, request_.method == "HEAD");
  const auto put = co_await io::before(loop_, loop_.now() + limits_.linger,
                                       io::write_all(client_.stream(), text));
  co_return put && *put;
}

// Closing with bytes unread would reset the connection and may destroy the answer on its way.
io::Task<void> Http1Connection::linger() {
  client_.stream().finish_writing();
  co_await io::before(loop_, loop_.now() + limits_.linger, drain());
}

io::Task<bool> Http1Connection::drain() {
  for (;;) {
    client_.consume(client_.bytes().size());
    const auto got = co_await client_.fill();  // the caller has the deadline
    if (!got || *got == 0) co_return true;
  }
}

}  // namespace

io::Task<void> serve_http1(io::Loop& loop, const Limits& limits, Ending& ending, Inbox& client,
                           Upstream& upstream, std::string client_cert) {
  Http1Connection connection(loop, limits, ending, client, upstream, std::move(client_cert));
  co_await connection.run();
}

}  // namespace mortise::proxy
