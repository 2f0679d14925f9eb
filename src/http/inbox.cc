#include "http/inbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mortise::http {
namespace {

using wire::http1::Framing;

constexpr std::size_t kReadBytes = 16 * 1024;

std::unexpected<Error> too_large() { return fail(Code::exhausted, "the body is too large"); }
std::unexpected<Error> cut_off() {
  return fail(Code::unavailable, "the peer has closed inside a body");
}

std::uint64_t hex_value(char digit) {
  if (digit <= '9') return static_cast<std::uint64_t>(digit - '0');
  return static_cast<std::uint64_t>((digit | 0x20) - 'a' + 10);
}

}  // namespace

bool ChunkPayload::take(std::string_view valid, std::string& body, std::size_t limit) {
  while (!valid.empty()) {
    if (state_ == State::trailers) return true;
    if (state_ == State::payload) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, valid.size()));
      body.append(valid.substr(0, count));
      valid.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) state_ = State::payload_end;
      continue;
    }
    const char c = valid.front();
    valid.remove_prefix(1);
    if (c == '\n') {
      if (!end_line(body, limit)) return false;
    } else if (state_ == State::size && (c == ';' || c == '\r')) {
      state_ = State::line;
    } else if (state_ == State::size) {
      left_ = left_ << 4 | hex_value(c);
    }
  }
  return true;
}

bool ChunkPayload::end_line(const std::string& body, std::size_t limit) {
  if (state_ == State::payload_end) {
    state_ = State::size;
    return true;
  }
  state_ = left_ > 0 ? State::payload : State::trailers;
  return left_ <= limit - body.size();
}

io::Task<Result<bool>> Inbox::fill() {
  std::array<char, kReadBytes> bytes;
  CO_TRY(const std::size_t count, co_await io::read_some(stream_, bytes));
  buffer_.append(bytes.data(), count);
  co_return count > 0;
}

io::Task<Result<bool>> Inbox::fill_line(std::size_t limit) {
  for (;;) {
    const std::size_t before = buffer_.size();
    CO_TRY(const bool more, co_await fill());
    if (!more) co_return false;
    if (buffer_.size() >= limit || buffer_.find('\n', before) != std::string::npos) co_return true;
  }
}

io::Task<Result<std::string>> Inbox::body(Framing framing, std::uint64_t length,
                                          std::size_t limit) {
  switch (framing) {
    case Framing::none:
      co_return std::string();
    case Framing::length:
      if (length > limit) co_return too_large();
      co_return co_await body_of_length(static_cast<std::size_t>(length));
    case Framing::chunked:
      co_return co_await chunked_body(limit);
    case Framing::until_close:
      co_return co_await body_until_close(limit);
  }
  co_return std::string();
}

io::Task<Result<std::string>> Inbox::body_of_length(std::size_t length) {
  while (buffer_.size() < length) {
    CO_TRY(const bool more, co_await fill());
    if (!more) co_return cut_off();
  }
  std::string body = buffer_.substr(0, length);
  drop(length);
  co_return body;
}

io::Task<Result<std::string>> Inbox::chunked_body(std::size_t limit) {
  wire::http1::ChunkedBody framing;
  ChunkPayload payload;
  std::string body;
  for (;;) {
    CO_TRY(const std::size_t valid, framing.scan(buffer_));
    if (!payload.take(bytes().substr(0, valid), body, limit)) co_return too_large();
    drop(valid);
    if (framing.done()) co_return body;
    CO_TRY(const bool more, co_await fill());
    if (!more) co_return cut_off();
  }
}

io::Task<Result<std::string>> Inbox::body_until_close(std::size_t limit) {
  for (;;) {
    if (buffer_.size() > limit) co_return too_large();
    CO_TRY(const bool more, co_await fill());
    if (!more) co_return std::exchange(buffer_, {});
  }
}

}  // namespace mortise::http
