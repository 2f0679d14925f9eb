// http/inbox.h — what has arrived on a stream and was not used yet: heads are parsed in it, bodies
// are taken from it. Without deadlines: callers bound what they await.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/stream.h"
#include "wire/http1.h"

namespace mortise::http {

// Takes the payload out of chunked framing that wire::http1::ChunkedBody has found to be valid.
class ChunkPayload {
 public:
  // Appends the payload among `valid` to `body`; false when `body` would grow over the limit.
  bool take(std::string_view valid, std::string& body, std::size_t limit);

 private:
  enum class State : std::uint8_t { size, line, payload, payload_end, trailers };
  bool end_line(const std::string& body, std::size_t limit);

  State state_ = State::size;
  std::uint64_t left_ = 0;
};

class Inbox {
 public:
  explicit Inbox(io::Stream& stream) : stream_(stream) {}

  [[nodiscard]] std::string_view bytes() const { return buffer_; }
  void drop(std::size_t count) { buffer_.erase(0, count); }
  // Reads once; false when the peer has finished.
  io::Task<Result<bool>> fill();
  // Reads until a line may have ended, or `limit` bytes are there: a head that arrives byte by byte
  // is then not parsed again for each of them. False when the peer has finished.
  io::Task<Result<bool>> fill_line(std::size_t limit);
  // A whole body. Over the limit is `exhausted`, an early end `unavailable`, bad chunks `invalid`.
  io::Task<Result<std::string>> body(wire::http1::Framing framing, std::uint64_t length,
                                     std::size_t limit);

 private:
  io::Task<Result<std::string>> body_of_length(std::size_t length);
  io::Task<Result<std::string>> chunked_body(std::size_t limit);
  io::Task<Result<std::string>> body_until_close(std::size_t limit);

  io::Stream& stream_;
  std::string buffer_;
};

}  // namespace mortise::http
