// wire/grpc_frame.h — gRPC's length-prefixed messages without I/O: bytes in, whole messages out.
//
//   | compressed: 1 byte | length: 4 bytes, big endian | message |
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise::wire {

inline constexpr std::size_t kGrpcPrefixBytes = 5;

// The prefix of a message of this size, to be sent in front of it.
std::string grpc_prefix(std::size_t message_bytes);

class GrpcFrameReader {
 public:
  explicit GrpcFrameReader(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole message, or nothing while bytes are missing. A message over the limit fails as
  // soon as its prefix is there (`exhausted`), a compressed one as `invalid`; every later call
  // then fails in the same way.
  Result<std::optional<std::string>> next();

  // Bytes fed and not yet handed out.
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - taken_; }

 private:
  void compact();

  std::size_t max_message_bytes_;
  std::string buffer_;
  std::size_t taken_ = 0;  // prefix of `buffer_` that was handed out
};

}  // namespace mortise::wire
