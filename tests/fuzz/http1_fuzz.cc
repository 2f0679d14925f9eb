// Heads of HTTP/1: what the parser accepts has exactly one reading, also to a parser that knows
// nothing but lines and colons.
#include <string>

#include "base/check.h"
#include "wire/http1.h"

namespace {

using namespace mortise::wire::http1;  // the one folder under test

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Cuts `head` at each CR LF and each field at its first colon, and compares.
void check_lines(std::string_view head, const std::vector<Field>& fields) {
  MORTISE_CHECK(head.ends_with("\r\n\r\n"));
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  head.remove_prefix(head.find("\r\n") + 2);
  for (const auto& field : fields) {
    const auto line = head.substr(0, head.find("\r\n"));
    MORTISE_CHECK(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    const auto colon = line.find(':');
    MORTISE_CHECK(colon != std::string_view::npos && colon > 0);
    MORTISE_CHECK(line.substr(0, colon) == field.name);
    MORTISE_CHECK(trimmed(line.substr(colon + 1)) == field.value);
    MORTISE_CHECK(field.name.find_first_of(" \t") == std::string_view::npos);
    head.remove_prefix(line.size() + 2);
  }
  MORTISE_CHECK(head == "\r\n");
}

int count(const std::vector<Field>& fields, std::string_view name) {
  int found = 0;
  for (const auto& field : fields) found += equals_ignoring_case(field.name, name) ? 1 : 0;
  return found;
}

void check_framing(const std::vector<Field>& fields, Framing framing) {
  const int lengths = count(fields, "content-length");
  const int codings = count(fields, "transfer-encoding");
  MORTISE_CHECK(lengths + codings <= 1);
  if (framing == Framing::chunked) MORTISE_CHECK(codings == 1);
  if (framing == Framing::length) MORTISE_CHECK(lengths == 1);
}

// A cut head waits for more; what follows a head does not change it.
template <class Parse>
void check_cuts(std::string_view bytes, std::size_t size, Parse parse) {
  const auto step = size / 64 + 1;
  for (std::size_t cut = 0; cut < size; cut += step) {
    const auto partial = parse(bytes.substr(0, cut));
    MORTISE_CHECK(partial && *partial == 0);
  }
  const auto exact = parse(bytes.substr(0, size));
  MORTISE_CHECK(exact && *exact == size);
}

void fuzz_request(std::string_view bytes, const Limits& limits) {
  RequestHead head;
  const auto size = parse_request(bytes, limits, head);
  if (!size || *size == 0) return;
  MORTISE_CHECK(*size <= limits.head_bytes && head.fields.size() <= limits.fields);
  check_lines(bytes.substr(0, *size), head.fields);
  check_framing(head.fields, head.framing);
  MORTISE_CHECK(head.framing != Framing::until_close);
  MORTISE_CHECK(count(head.fields, "host") == 1 || head.minor_version == 0);
  if (!bytes.starts_with('\r')) MORTISE_CHECK(guess_request(bytes) == Guess::http);
  for (const auto& field : head.fields) is_hop_by_hop(head.fields, field.name);

  RequestHead again;
  check_cuts(bytes, *size, [&](auto part) { return parse_request(part, limits, again); });
}

void fuzz_response(std::string_view bytes, const Limits& limits, std::string_view method) {
  ResponseHead head;
  const auto size = parse_response(bytes, limits, method, head);
  if (!size || *size == 0) return;
  MORTISE_CHECK(*size <= limits.head_bytes && head.fields.size() <= limits.fields);
  check_lines(bytes.substr(0, *size), head.fields);
  check_framing(head.fields, head.framing);
  MORTISE_CHECK(head.status >= 100 && head.status <= 999);
  if (head.framing == Framing::until_close) MORTISE_CHECK(!head.keep_alive);

  ResponseHead again;
  check_cuts(bytes, *size, [&](auto part) { return parse_response(part, limits, method, again); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(input), size);
  const Limits limits{.head_bytes = 2000, .fields = 20};
  guess_request(bytes);
  fuzz_request(bytes, limits);
  fuzz_response(bytes, limits, "GET");
  fuzz_response(bytes, limits, "HEAD");
  fuzz_response(bytes, limits, "CONNECT");
  return 0;
}
