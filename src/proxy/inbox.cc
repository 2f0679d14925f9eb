#include "proxy/inbox.h"

#include <utility>

#include "proxy/limits.h"

namespace mortise::proxy {

void Inbox::consume(std::size_t count) {
  begin_ += count;
  if (begin_ < buffer_.size()) return;
  buffer_.clear();
  begin_ = 0;
}

std::string Inbox::take() {
  std::string bytes = std::exchange(buffer_, {});
  bytes.erase(0, std::exchange(begin_, 0));
  return bytes;
}

void Inbox::release_memory() {
  if (empty()) buffer_ = std::string();
}

Result<io::Progress> Inbox::try_fill() {
  if (begin_ > 0) buffer_.erase(0, std::exchange(begin_, 0));
  const std::size_t held = buffer_.size();
  Result<io::Progress> outcome;
  buffer_.resize_and_overwrite(held + kChunk, [&](char* bytes, std::size_t) {
    outcome = stream_->try_read(std::span(bytes + held, kChunk));
    return held + (outcome ? outcome->bytes : 0);
  });
  return outcome;
}

io::Task<Result<std::size_t>> Inbox::fill() {
  for (;;) {
    CO_TRY(const io::Progress got, try_fill());
    if (got.kind == io::Progress::moved) co_return got.bytes;
    if (got.kind == io::Progress::closed) co_return 0;
    release_memory();
    co_await stream_->readable();
  }
}

}  // namespace mortise::proxy
