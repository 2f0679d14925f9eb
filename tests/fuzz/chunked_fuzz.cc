// Chunked bodies: the same end however the bytes arrive, and the end that a plain decoder finds
// which has the whole body at once.
#include <charconv>
#include <string>

#include "base/check.h"
#include "wire/http1.h"

namespace {

using mortise::wire::http1::ChunkedBody;

struct Outcome {
  bool refused = false;
  bool done = false;
  std::size_t taken = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome scan_in_steps(std::string_view bytes, std::size_t step) {
  ChunkedBody body;
  Outcome outcome;
  while (outcome.taken < bytes.size() && !body.done()) {
    const auto part = bytes.substr(outcome.taken, step);
    const auto taken = body.scan(part);
    if (!taken) return {.refused = true};
    MORTISE_CHECK(*taken <= part.size());
    MORTISE_CHECK(*taken == part.size() || body.done());
    outcome.taken += *taken;
  }
  outcome.done = body.done();
  return outcome;
}

// Walks a body that is known to be accepted; returns its size.
std::size_t plain_end(std::string_view bytes) {
  std::size_t at = 0;
  for (;;) {
    const auto line = bytes.substr(at, bytes.find("\r\n", at) - at);
    const auto digits = line.substr(0, line.find(';'));
    std::uint64_t size = 0;
    const auto parsed = std::from_chars(digits.begin(), digits.end(), size, 16);
    MORTISE_CHECK(parsed.ec == std::errc() && parsed.ptr == digits.end());
    at += line.size() + 2;
    if (size == 0) break;
    MORTISE_CHECK(size <= bytes.size() - at);
    at += size;
    MORTISE_CHECK(bytes.substr(at, 2) == "\r\n");
    at += 2;
  }
  while (bytes.substr(at, 2) != "\r\n") at = bytes.find("\r\n", at) + 2;
  return at + 2;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = std::size_t{input[0]} + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(input) + 1, size - 1);
  const auto whole = scan_in_steps(bytes, bytes.size() + 1);
  MORTISE_CHECK(whole == scan_in_steps(bytes, step));
  MORTISE_CHECK(whole == scan_in_steps(bytes, 1));
  if (whole.done) MORTISE_CHECK(plain_end(bytes) == whole.taken);
  return 0;
}
