// wire/http1.h — HTTP/1.x heads and body framing without I/O (RFC 9110, RFC 9112). Strict: what
// two parsers could read differently is refused (security invariant 4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mortise::wire::http1 {

struct Limits {
  std::size_t head_bytes = 64 * 1024;
  std::size_t fields = 200;
};

struct Field {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

// How the body after a head is delimited.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

// Views point into the bytes given to the parser and live as long as those do.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;  // HTTP/1.0 or HTTP/1.1
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  bool upgrade = false;  // Connection: upgrade with an Upgrade field
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

// Parses one complete head at the start of `bytes` into `head`, whose vectors are reused. Returns
// the head's size in bytes including the empty line, or 0 when more bytes are needed. Begins anew
// each time, so call again only when a line feed arrived or the limit is reached: then a head sent
// byte by byte costs no more than one pass per field. One empty line before a request counts as
// part of the head and is in no view. Code::exhausted: the head is larger than `limits`.
Result<std::size_t> parse_request(std::string_view bytes, const Limits& limits, RequestHead& head);
// `method` of the request it answers and its outcome decide the framing (RFC 9112 6.3). 101, and
// 2xx to CONNECT, leave HTTP: framing none, and everything after the head is the tunnel's.
Result<std::size_t> parse_response(std::string_view bytes, const Limits& limits,
                                   std::string_view method, ResponseHead& head);

// Whether `bytes`, the first of a connection, can still become an HTTP/1.x request line. `http` as
// soon as the version is there; the preface of HTTP/2 is `not_http`.
enum class Guess : std::uint8_t { http, not_http, undecided };
Guess guess_request(std::string_view bytes);

// Case-insensitive; null if absent. The first of several.
const Field* find(const std::vector<Field>& fields, std::string_view lower_case_name);
bool equals_ignoring_case(std::string_view left, std::string_view right);
// Whether an application may take one field name for the other: gateway interfaces make one
// variable of both cases, and of '-' and '_' (RFC 3875 4.1.18).
bool reads_as(std::string_view left, std::string_view right);
// Whether a proxy must drop this field: Connection, what it lists, and the other hop-by-hop fields.
// Not Transfer-Encoding and Trailer, because chunked bodies pass unchanged; not Host or the lengths
// even if Connection lists them. Whoever forwards an upgrade writes its two fields anew.
bool is_hop_by_hop(const std::vector<Field>& fields, std::string_view name);

// Follows a chunked body byte for byte without changing it: the bytes pass through verbatim. As
// strict as the heads; trailers that belong into a head are refused (security invariant 5).
class ChunkedBody {
 public:
  // Looks at the next bytes of the body; returns how many of them belong to it. `done()` after
  // the last CRLF of the trailer section. After an error it must not be used again.
  Result<std::size_t> scan(std::string_view bytes);
  [[nodiscard]] bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_lf,
    payload,
    payload_cr,
    payload_lf,
    trailer,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
  };

  // Each takes one byte; null, or what is wrong with it.
  const char* take(char c);
  const char* take_size(char c);
  const char* take_extension(char c);
  const char* take_trailer(char c);

  State state_ = State::size;
  std::uint64_t left_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t overhead_ = 0;  // extension or trailer bytes so far: limited
  std::uint32_t name_size_ = 0;
  std::array<char, 24> name_{};  // of the trailer, as far as it fits
};

}  // namespace mortise::wire::http1
