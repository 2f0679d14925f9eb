// proxy/inbox.h — what was read from a stream and not used yet. Borrows the stream; holds no
// memory while it is empty and idle.
#pragma once

#include <string>
#include <string_view>

#include "io/stream.h"

namespace mortise::proxy {

class Inbox {
 public:
  explicit Inbox(io::Stream& stream, std::string already_read = {})
      : stream_(&stream), buffer_(std::move(already_read)) {}

  [[nodiscard]] io::Stream& stream() const { return *stream_; }
  [[nodiscard]] std::string_view bytes() const { return std::string_view(buffer_).substr(begin_); }
  [[nodiscard]] bool empty() const { return begin_ == buffer_.size(); }
  void consume(std::size_t count);
  // Hands the bytes out and forgets them.
  std::string take();
  // Gives the memory back if nothing is held.
  void release_memory();
  // The same bytes, from now on read from another stream: TLS took the place of the socket.
  void continue_on(io::Stream& stream) { stream_ = &stream; }

  // Reads at most one chunk behind what is there.
  Result<io::Progress> try_fill();
  // The same, waiting for it. 0: the peer finished writing.
  // Waits without deadline: every caller has its own.
  io::Task<Result<std::size_t>> fill();

 private:
  io::Stream* stream_;
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace mortise::proxy
