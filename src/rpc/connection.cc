#include "rpc/connection.h"

#include <fmt/format.h>

#include <utility>

#include "io/scope.h"
#include "rpc/metadata.h"

namespace mortise::rpc {
namespace {

using wire::http2::ErrorCode;
using wire::http2::Fields;
using wire::http2::StreamId;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr int kUnansweredPings = 2;

wire::http2::Limits session_limits(const Limits& limits) {
  return {.streams = static_cast<std::uint32_t>(limits.streams)};
}

Error lost(std::string_view why) {
  return {Code::unavailable, fmt::format("the connection is gone: {}", why)};
}

}  // namespace

Connection::Connection(io::Loop& loop, io::Stream& stream, Side side, const Limits& limits,
                       Accept accept)
    : loop_(loop),
      stream_(stream),
      side_(side),
      limits_(limits),
      accept_(std::move(accept)),
      session_(side, session_limits(limits), *this),
      output_(loop),
      over_(loop) {}

Connection::~Connection() {
  arrivals_.clear();
  for (const auto& [id, exchange] : std::exchange(exchanges_, {})) {
    exchange->detach(lost("it was closed here"));
  }
}

io::Task<Result<void>> Connection::run() {
  // Whoever drops this task stops the connection: its calls must not wait for ever.
  struct Stop {
    Connection& connection;
    ~Stop() { connection.stop(); }
  };
  const Stop stop_when_dropped{*this};
  io::Scope pumps(loop_);
  pumps.spawn(receive());
  pumps.spawn(transmit());
  pumps.spawn(watch());
  co_await over_.opened();  // watch() ends a connection whose peer is silent
  co_return result_;
}

io::Task<void> Connection::receive() {
  std::vector<char> buffer(kReadBytes);
  while (session_.wants_input()) {
    auto got = co_await io::read_some(stream_, buffer);
    if (!got) {
      end(std::unexpected(std::move(got).error().during("HTTP/2")));
      co_return;
    }
    if (*got == 0) {
      end(farewell());
      co_return;
    }
    heard_ = true;
    if (auto fed = session_.feed({buffer.data(), *got}); !fed) {
      end(std::move(fed));
      co_return;
    }
    accept_arrivals();
    wake();
    co_await io::Yield(loop_);  // a busy peer must not keep the loop for itself
  }
}

void Connection::accept_arrivals() {
  for (auto& exchange : std::exchange(arrivals_, {})) {
    if (!exchange->is_over()) accept_(std::move(exchange));
  }
}

io::Task<void> Connection::transmit() {
  for (;;) {
    session_.take_output(out_, kWriteBytes);
    if (out_.empty() && session_.over()) {
      end(verdict());
      co_return;
    }
    if (out_.empty()) {
      co_await output_.opened();  // until there is something to say; watch() makes pings
      continue;
    }
    if (auto written = co_await write_output(); !written) {
      end(std::move(written));
      co_return;
    }
  }
}

io::Task<Result<void>> Connection::write_output() {
  while (written_ < out_.size()) {
    CO_TRY(const io::Progress put, stream_.try_write(std::span(out_).subspan(written_)));
    if (put.kind == io::Progress::closed) co_return fail(Code::unavailable, "the peer has closed");
    if (put.kind == io::Progress::blocked) {
      co_await stream_.writable();  // watch() ends the connection of a dead peer
      continue;
    }
    written_ += put.bytes;
  }
  out_.clear();
  written_ = 0;
  co_return Result<void>();
}

io::Task<void> Connection::watch() {
  int unanswered = 0;
  for (;;) {
    heard_ = false;
    co_await loop_.sleep_for(limits_.keepalive);
    if (heard_) {
      unanswered = 0;
      continue;
    }
    if (unanswered == kUnansweredPings) {
      end(fail(Code::timed_out, "HTTP/2: the peer does not answer pings"));
      co_return;
    }
    ++unanswered;
    session_.ping();
    wake();
  }
}

void Connection::end(Result<void> how) {
  if (over_.is_open()) return;
  const Error reason = lost(how ? "it has ended" : how.error().what());
  result_ = std::move(how);
  for (const auto& [id, exchange] : exchanges_) exchange->on_over(reason);
  over_.open();
}

Result<void> Connection::verdict() const {
  if (!session_.violation().empty()) {
    return fail(Code::invalid, fmt::format("HTTP/2: {}", session_.violation()));
  }
  if (goaway_ && *goaway_ != ErrorCode::no_error) {
    return fail(Code::unavailable, fmt::format("HTTP/2: the peer ended the connection (error {})",
                                               static_cast<std::uint32_t>(*goaway_)));
  }
  return {};
}

Result<void> Connection::farewell() const {
  CHECK_OK(verdict());
  if (side_ == Side::server || goaway_) return {};
  return fail(Code::unavailable, "HTTP/2: the server has closed the connection");
}

void Connection::stop() {
  if (over_.is_open()) return;
  session_.go_away(ErrorCode::no_error);
  session_.take_output(out_, kWriteBytes);
  // Best effort: nobody is left to wait, and the end of the stream says the same.
  [[maybe_unused]] const auto put = stream_.try_write(std::span(out_).subspan(written_));
  end(fail(Code::unavailable, "it was stopped here"));
}

Result<std::unique_ptr<Exchange>> Connection::open(const Fields& request) {
  if (over_.is_open() || goaway_) return fail(Code::unavailable, "the connection has ended");
  if (exchanges_.size() >= limits_.streams) {
    return fail(Code::exhausted, fmt::format("{} calls are open already", exchanges_.size()));
  }
  TRY(const StreamId id, session_.open(request));
  auto exchange = std::make_unique<Exchange>(*this, id, true);
  exchanges_.emplace(id, exchange.get());
  wake();
  return exchange;
}

void Connection::consumed(StreamId id, std::size_t bytes) {
  session_.consumed(id, bytes);
  wake();
}

void Connection::forget(Exchange& exchange) {
  exchanges_.erase(exchange.id());
  if (exchange.complete()) return;
  session_.reset(exchange.id(), ErrorCode::cancel);
  wake();
}

Exchange* Connection::find(StreamId id) {
  const auto found = exchanges_.find(id);
  return found == exchanges_.end() ? nullptr : found->second;
}

void Connection::on_headers(StreamId id, Fields fields, bool last) {
  if (side_ == Side::server && wire::http2::find(fields, ":method") != nullptr) {
    arrivals_.push_back(std::make_unique<Exchange>(*this, id, false));
    exchanges_.emplace(id, arrivals_.back().get());
  }
  if (Exchange* exchange = find(id)) exchange->on_headers(std::move(fields), last);
}

void Connection::on_body(StreamId id, std::string_view bytes) {
  if (Exchange* exchange = find(id)) exchange->on_body(bytes);
}

void Connection::on_end(StreamId id) {
  if (Exchange* exchange = find(id)) exchange->on_end();
}

void Connection::on_closed(StreamId id, ErrorCode reason) {
  if (Exchange* exchange = find(id)) exchange->on_over(to_error(status_of_reset(reason)));
}

void Connection::on_goaway(ErrorCode reason) { goaway_ = reason; }

void Connection::on_sent(StreamId id) {
  if (Exchange* exchange = find(id)) exchange->on_sent();
}

}  // namespace mortise::rpc
