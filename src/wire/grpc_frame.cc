#include "wire/grpc_frame.h"

#include <fmt/format.h>

#include <limits>

#include "base/check.h"

namespace mortise::wire {
namespace {

// Below this, moving the rest to the front costs more than the memory is worth.
constexpr std::size_t kCompactBytes = 16 * 1024;

std::size_t decode_length(std::string_view bytes) {
  std::size_t length = 0;
  for (const char byte : bytes) length = length << 8 | static_cast<unsigned char>(byte);
  return length;
}

}  // namespace

std::string grpc_prefix(std::size_t message_bytes) {
  MORTISE_CHECK(message_bytes <= std::numeric_limits<std::uint32_t>::max());
  std::string prefix(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    prefix.push_back(static_cast<char>(message_bytes >> shift & 0xff));
  }
  return prefix;
}

Result<std::optional<std::string>> GrpcFrameReader::next() {
  const auto left = std::string_view(buffer_).substr(taken_);
  if (left.size() < kGrpcPrefixBytes) return std::nullopt;
  if (left.front() != '\0') {
    return fail(Code::invalid, "the message is compressed, which was not agreed");
  }
  // Known from the prefix alone, so that no peer makes us keep what will be refused.
  const std::size_t length = decode_length(left.substr(1, kGrpcPrefixBytes - 1));
  if (length > max_message_bytes_) {
    return fail(Code::exhausted, fmt::format("a message of {} bytes is over the limit of {}",
                                             length, max_message_bytes_));
  }
  if (left.size() - kGrpcPrefixBytes < length) return std::nullopt;
  std::string message(left.substr(kGrpcPrefixBytes, length));
  taken_ += kGrpcPrefixBytes + length;
  compact();
  return message;
}

void GrpcFrameReader::compact() {
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    if (buffer_.capacity() > kCompactBytes) buffer_.shrink_to_fit();
    taken_ = 0;
  } else if (taken_ >= kCompactBytes) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
}

}  // namespace mortise::wire
