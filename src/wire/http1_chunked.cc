#include <algorithm>
#include <array>

#include "wire/http1.h"
#include "wire/http1_scan.h"

namespace mortise::wire::http1 {
namespace {

constexpr std::uint32_t kMaxDigits = 15;  // of a chunk size: below 2^60
constexpr std::uint32_t kMaxExtension = 4 * 1024;
constexpr std::uint32_t kMaxTrailers = 16 * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) { return static_cast<unsigned char>(c) >= ' ' ? c != 0x7f : c == '\t'; }

// Fields that mean something only in a head: some servers merge trailers into it, and what we
// removed there would come back (RFC 9110 6.5.1, security invariant 5), in any spelling.
bool is_forbidden_trailer(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kForbidden = {
      "connection", "content-length", "host", "transfer-encoding", "x-forwarded-client-cert"};
  return std::ranges::any_of(kForbidden, [&](auto it) { return reads_as(name, it); });
}

}  // namespace

Result<std::size_t> ChunkedBody::scan(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::payload) {
      const auto step = std::min<std::uint64_t>(left_, bytes.size() - at);
      left_ -= step;
      at += static_cast<std::size_t>(step);
      if (left_ == 0) state_ = State::payload_cr;
      continue;
    }
    if (const char* problem = take(bytes[at])) {
      return fail(Code::invalid, std::string("chunked body: ") + problem);
    }
    ++at;
  }
  return at;
}

const char* ChunkedBody::take(char c) {
  switch (state_) {
    case State::size:
      return take_size(c);
    case State::extension:
      return take_extension(c);
    case State::size_lf:
      if (c != '\n') return "CR without LF after a chunk size";
      state_ = left_ > 0 ? State::payload : State::trailer;
      digits_ = 0;
      overhead_ = 0;
      return nullptr;
    case State::payload_cr:
      if (c != '\r') return "a chunk longer than its size";
      state_ = State::payload_lf;
      return nullptr;
    case State::payload_lf:
      if (c != '\n') return "CR without LF after a chunk";
      state_ = State::size;
      return nullptr;
    case State::trailer:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_lf:
      return take_trailer(c);
    case State::end_lf:
      if (c != '\n') return "CR without LF at its end";
      state_ = State::done;
      return nullptr;
    case State::payload:
    case State::done:
      break;
  }
  return "read past its end";
}

const char* ChunkedBody::take_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxDigits) return "a chunk size of too many digits";
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return nullptr;
  }
  if (digits_ == 0) return "a chunk without a size";
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == ';') {
    state_ = State::extension;
  } else {
    return "a chunk size with a character that is no hexadecimal digit";
  }
  return nullptr;
}

const char* ChunkedBody::take_extension(char c) {
  if (c == '\r') {
    state_ = State::size_lf;
    return nullptr;
  }
  if (!is_text(c)) return "a control character in a chunk extension";
  return ++overhead_ > kMaxExtension ? "a chunk extension without end" : nullptr;
}

const char* ChunkedBody::take_trailer(char c) {
  if (++overhead_ > kMaxTrailers) return "trailers without end";
  switch (state_) {
    case State::trailer:
      if (c == '\r') {
        state_ = State::end_lf;
        return nullptr;
      }
      state_ = State::trailer_name;
      name_size_ = 0;
      [[fallthrough]];
    case State::trailer_name:
      if (c == ':') {
        const auto kept = std::min<std::size_t>(name_size_, name_.size());
        if (name_size_ == 0) return "a trailer without a name";
        if (name_size_ == kept && is_forbidden_trailer({name_.data(), kept})) {
          return "a trailer that belongs into the head";
        }
        state_ = State::trailer_value;
        return nullptr;
      }
      if (!is_token_char(c)) return "a trailer name with a character that no name has";
      if (name_size_ < name_.size()) name_[name_size_] = c;
      ++name_size_;
      return nullptr;
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_lf;
        return nullptr;
      }
      return is_text(c) ? nullptr : "a control character in a trailer";
    default:
      if (c != '\n') return "CR without LF in a trailer";
      state_ = State::trailer;
      return nullptr;
  }
}

}  // namespace mortise::wire::http1
