#include "wire/http1_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace mortise::wire::http1 {
namespace {

constexpr void put(CharSet& set, char first, char last) {
  for (int c = first; c <= last; ++c) set[static_cast<std::size_t>(c)] = true;
}

constexpr CharSet token_chars() {
  CharSet set{};
  put(set, '0', '9');
  put(set, 'a', 'z');
  put(set, 'A', 'Z');
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) put(set, c, c);
  return set;
}

constexpr CharSet target_chars() {
  CharSet set{};
  put(set, '!', '~');
  set['#'] = false;
  return set;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

constexpr std::uint64_t every_byte(std::uint8_t value) { return 0x0101010101010101U * value; }

// Marks the top bit of each byte that is below a space or is DEL. A borrow may mark bytes after
// the first such byte as well, never one before it.
std::uint64_t marks(std::uint64_t eight) {
  const auto below_space = (eight - every_byte(0x20)) & ~eight;
  const auto difference = eight ^ every_byte(0x7f);
  const auto is_delete = (difference - every_byte(0x01)) & ~difference;
  return (below_space | is_delete) & every_byte(0x80);
}

// The first control character other than a tab, eight bytes at a time.
std::size_t find_control(std::string_view bytes, std::size_t from) {
  auto at = from;
  for (std::uint64_t eight = 0; at + sizeof(eight) <= bytes.size();) {
    std::memcpy(&eight, bytes.data() + at, sizeof(eight));
    if constexpr (std::endian::native == std::endian::big) eight = std::byteswap(eight);
    const auto marked = marks(eight);
    if (marked == 0) {
      at += sizeof(eight);
      continue;
    }
    at += static_cast<std::size_t>(std::countr_zero(marked)) / 8;
    if (bytes[at] != '\t') return at;
    ++at;
  }
  while (at < bytes.size() && !is_control(bytes[at])) ++at;
  return at;
}

// The first character outside of `set`.
std::size_t find_outside(const CharSet& set, std::string_view bytes, std::size_t from) {
  auto at = from;
  while (at < bytes.size() && set[static_cast<unsigned char>(bytes[at])]) ++at;
  return at;
}

}  // namespace

constinit const CharSet kTokenChars = token_chars();
constinit const CharSet kTargetChars = target_chars();

bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool next_element(std::string_view& list, std::string_view& element) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (!element.empty()) return true;
  }
  return false;
}

Step Reader::expect(std::string_view literal, const char* why) {
  const auto here = bytes.substr(at, literal.size());
  if (here != literal.substr(0, here.size())) return bad(why);
  if (here.size() < literal.size()) return Step::more;
  at += literal.size();
  return Step::ok;
}

Step Reader::line_end() {
  if (at_end()) return Step::more;
  if (bytes[at] == '\n') return bad("a line that ends in LF without CR");
  if (bytes[at] != '\r') return bad("a control character");
  if (at + 1 == bytes.size()) return Step::more;
  if (bytes[at + 1] != '\n') return bad("CR without LF");
  at += 2;
  return Step::ok;
}

Step Reader::word(const CharSet& allowed, std::string_view& found, const char* why) {
  const auto begin = at;
  at = find_outside(allowed, bytes, at);
  found = bytes.substr(begin, at - begin);
  if (at_end()) return Step::more;
  if (found.empty() || bytes[at] != ' ') return bad(why);
  ++at;
  return Step::ok;
}

Step Reader::rest_of_line(std::string_view& found) {
  const auto begin = at;
  at = find_control(bytes, at);
  found = bytes.substr(begin, at - begin);
  return line_end();
}

Step Reader::field(Field& found, bool& end) {
  end = false;
  if (at_end()) return Step::more;
  const char first = bytes[at];
  if (first == '\r' || first == '\n') {
    end = true;
    return line_end();
  }
  if (is_blank(first)) return bad("a folded line, or white space before the first field");
  const auto begin = at;
  at = find_outside(kTokenChars, bytes, at);
  if (at_end()) return Step::more;
  if (bytes[at] != ':') return bad("a field name with a character that no name has");
  if (at == begin) return bad("an empty field name");
  found.name = bytes.substr(begin, at - begin);
  ++at;
  const auto step = rest_of_line(found.value);
  found.value = trim(found.value);
  return step;
}

}  // namespace mortise::wire::http1
