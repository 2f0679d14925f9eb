// wire/http1_scan.h — the lexical level of HTTP/1: characters, lines and field lines, read once
// from front to back. Used by the parsers of this folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/http1.h"

namespace mortise::wire::http1 {

// What a step found; `more`: the bytes end before anything can be said.
enum class Step : std::uint8_t { ok, more, bad };

constexpr std::size_t kMaxMethod = 64;

// Which characters belong to a class, by their unsigned value.
using CharSet = std::array<bool, 256>;
extern const CharSet kTokenChars;   // RFC 9110 5.6.2
extern const CharSet kTargetChars;  // visible ASCII without '#', which no request target holds

bool is_token_char(char c);
bool is_token(std::string_view text);

std::string_view trim(std::string_view text);  // spaces and tabs

// Takes the next element off a comma-separated list; false at its end. Skips empty elements.
bool next_element(std::string_view& list, std::string_view& element);

// A place in the bytes of a head. `problem` says what was wrong when a step was bad.
struct Reader {
  std::string_view bytes;
  std::size_t at = 0;
  const char* problem = nullptr;

  Step bad(const char* why) {
    problem = why;
    return Step::bad;
  }
  [[nodiscard]] bool at_end() const { return at == bytes.size(); }

  Step expect(std::string_view literal, const char* why);
  Step line_end();
  // Up to the next space or control character; every character before it is in `allowed`.
  Step word(const CharSet& allowed, std::string_view& found, const char* why);
  // Up to the CR LF, which is consumed too.
  Step rest_of_line(std::string_view& found);
  // `end` is set at the empty line that ends a head.
  Step field(Field& found, bool& end);
};

struct RequestLine {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;
};
Step read_request_line(Reader& reader, RequestLine& line);

// A host with an optional port, as in Host and in authority-form; empty is allowed.
bool is_authority(std::string_view text);
// Whether method and target fit each other (RFC 9112 3.2).
bool is_target_of(std::string_view method, std::string_view target);
// Whether an absolute-form target names the same place as Host; true for the other forms.
bool agrees_with_host(std::string_view target, std::string_view host);

}  // namespace mortise::wire::http1
