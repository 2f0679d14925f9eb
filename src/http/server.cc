#include "http/server.h"

#include <algorithm>
#include <array>
#include <expected>

#include "http/inbox.h"
#include "http/message.h"
#include "io/race.h"
#include "io/scope.h"

namespace mortise::http {
namespace {

using namespace std::chrono_literals;
using wire::http1::RequestHead;

constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr Duration kLinger = 1s;
constexpr Duration kAcceptPause = 100ms;  // after an error; twice as long after each further one
constexpr Duration kLongestPause = 2s;

struct Received {
  Request request;
  bool keep_alive = true;
};

// Why a request was not understood. Status 0: nobody is there to be told.
struct Refusal {
  int status;
  const char* sentence;
};
using Reception = std::expected<Received, Refusal>;

constexpr Refusal kGone = {0, ""};
constexpr Refusal kMalformed = {400, "the request is not valid HTTP"};
constexpr Refusal kTooSlow = {408, "the request did not arrive in time"};
constexpr Refusal kBodyTooLarge = {413, "the request's body is too large"};
constexpr Refusal kHeadTooLarge = {431, "the request's head is too large"};

Response to_response(const Refusal& refusal) {
  return {.status = refusal.status,
          .headers = {},
          .body = std::string(R"({"error":")") + refusal.sentence + "\"}\n",
          .content_type = "application/json"};
}

// One connection: requests one after the other.
class Connection {
 public:
  Connection(io::Loop& loop, io::Accepted accepted, const Handler& handler, const Limits& limits)
      : loop_(loop),
        accepted_(std::move(accepted)),
        handler_(handler),
        limits_(limits),
        inbox_(*accepted_.stream) {}

  io::Task<void> run();

 private:
  io::Task<bool> await_request();
  io::Task<Reception> receive();
  io::Task<std::expected<std::size_t, Refusal>> receive_head(RequestHead& head);
  io::Task<bool> write(std::string text);
  io::Task<void> refuse(Refusal refusal);
  static io::Task<Result<void>> discard(io::Stream& stream);

  io::Loop& loop_;
  const io::Accepted accepted_;
  const Handler& handler_;
  const Limits& limits_;
  Inbox inbox_;
};

io::Task<void> Connection::run() {
  bool keep_alive = true;
  while (keep_alive && co_await await_request()) {
    auto received = co_await io::before(loop_, loop_.now() + limits_.request, receive());
    if (!received) received = std::unexpected(kTooSlow);
    if (!*received) {
      co_await refuse(received->error());
      co_return;
    }
    keep_alive = (*received)->keep_alive;
    Request& request = (*received)->request;
    const Delivery delivery{
        .with_body = request.method != "HEAD", .keep_alive = keep_alive, .now = loop_.wall()};
    // The handler bounds its own time: an answer may be worth a long wait.
    const Response response = co_await handler_(std::move(request));
    if (!co_await write(encode_response(response, delivery))) co_return;
  }
  accepted_.stream->finish_writing();
}

// Waits for the first byte of the next request.
io::Task<bool> Connection::await_request() {
  if (!inbox_.bytes().empty()) co_return true;
  const auto more = co_await io::before(loop_, loop_.now() + limits_.idle, inbox_.fill());
  co_return more && *more && **more;
}

io::Task<Reception> Connection::receive() {
  RequestHead head;
  const auto size = co_await receive_head(head);
  if (!size) co_return std::unexpected(size.error());
  auto request = to_request(head);
  if (!request) co_return std::unexpected(kMalformed);
  const auto framing = head.framing;  // the head's views end with the bytes below
  const auto length = head.content_length;
  inbox_.drop(*size);
  const bool asks_first = head.expects_continue && inbox_.bytes().empty();
  if (framing == wire::http1::Framing::length && length > limits_.body_bytes) {
    co_return std::unexpected(kBodyTooLarge);
  }
  if (asks_first) {
    if (!co_await io::write_all(*accepted_.stream,
                                std::string_view("HTTP/1.1 100 Continue\r\n\r\n"))) {
      co_return std::unexpected(kGone);
    }
  }
  auto body = co_await inbox_.body(framing, length, limits_.body_bytes);
  if (!body) {
    const Code code = body.error().code();
    if (code == Code::exhausted) co_return std::unexpected(kBodyTooLarge);
    co_return std::unexpected(code == Code::invalid ? kMalformed : kGone);
  }
  request->body = *std::move(body);
  request->peer = accepted_.credentials.value_or(io::PeerCredentials());
  request->peer_address = accepted_.peer;
  co_return Received{*std::move(request), head.keep_alive};
}

io::Task<std::expected<std::size_t, Refusal>> Connection::receive_head(RequestHead& head) {
  const wire::http1::Limits wire_limits{.head_bytes = limits_.head_bytes};
  for (;;) {
    const auto size = wire::http1::parse_request(inbox_.bytes(), wire_limits, head);
    if (!size) {
      const bool large = size.error().code() == Code::exhausted;
      co_return std::unexpected(large ? kHeadTooLarge : kMalformed);
    }
    if (*size > 0) co_return *size;
    const auto more = co_await inbox_.fill_line(limits_.head_bytes);
    if (!more || !*more) co_return std::unexpected(kGone);
  }
}

// A peer that takes nothing for as long as an idle one may be silent is given up.
io::Task<bool> Connection::write(std::string text) {
  auto left = std::span<const char>(text);
  while (!left.empty()) {
    const auto part = left.first(std::min(left.size(), kWriteBytes));
    const auto written = co_await io::before(loop_, loop_.now() + limits_.idle,
                                             io::write_all(*accepted_.stream, part));
    if (!written || !*written) co_return false;
    left = left.subspan(part.size());
  }
  co_return true;
}

io::Task<void> Connection::refuse(Refusal refusal) {
  if (refusal.status == 0) co_return;
  const Delivery delivery{.with_body = true, .keep_alive = false, .now = loop_.wall()};
  if (!co_await write(encode_response(to_response(refusal), delivery))) co_return;
  accepted_.stream->finish_writing();
  // Closing on unread bytes would reset the connection and take our answer with it.
  co_await io::before(loop_, loop_.now() + kLinger, discard(*accepted_.stream));
}

io::Task<Result<void>> Connection::discard(io::Stream& stream) {
  std::array<char, 4096> bytes;
  for (;;) {
    CO_TRY(const std::size_t count, co_await io::read_some(stream, bytes));
    if (count == 0) co_return Result<void>();
  }
}

io::Task<void> serve_one(io::Loop& loop, io::Accepted accepted, const Handler& handler,
                         const Limits& limits, io::Gate& left) {
  Connection connection(loop, std::move(accepted), handler, limits);
  co_await connection.run();
  left.pulse();
}

// The next connection, however often that fails: out of descriptors, say, until others give some
// back.
io::Task<io::Accepted> accept(io::Loop& loop, io::Listener& listener, Log* log) {
  Duration pause{};
  for (;;) {
    auto accepted = co_await listener.accept();
    if (accepted) {
      if (pause > Duration::zero() && log != nullptr) log->info("accepting connections again");
      co_return *std::move(accepted);
    }
    if (pause == Duration::zero() && log != nullptr) {
      log->warning("cannot accept connections: " + accepted.error().what());
    }
    pause = std::clamp(pause * 2, kAcceptPause, kLongestPause);
    co_await loop.sleep_for(pause);
  }
}

}  // namespace

io::Task<void> serve(io::Loop& loop, io::Listener& listener, const Handler& handler, Limits limits,
                     Log* log) {
  io::Gate left(loop);  // pulses when a connection leaves
  io::Scope connections(loop);
  for (;;) {
    // The backlog waits until there is room; idle connections leave after limits.idle.
    while (connections.size() >= limits.connections) co_await left.opened();
    auto accepted = co_await accept(loop, listener, log);
    connections.spawn(serve_one(loop, std::move(accepted), handler, limits, left));
  }
}

}  // namespace mortise::http
