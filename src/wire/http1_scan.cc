#include "wire/http1_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace mortise::wire::http1 {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<std::size_t>(c)] = true;
  return table;
}
constexpr auto kToken = make_token_table();

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

constexpr std::uint64_t every_byte(std::uint8_t value) { return 0x0101010101010101U * value; }

// Whether any of eight bytes may be a control character; a tab or some byte beside one may say
// yes as well, so the caller looks again byte by byte.
bool may_hold_control(std::uint64_t eight) {
  const auto below_space = (eight - every_byte(0x20)) & ~eight;
  const auto difference = eight ^ every_byte(0x7f);
  const auto is_delete = (difference - every_byte(0x01)) & ~difference;
  return ((below_space | is_delete) & every_byte(0x80)) != 0;
}

std::size_t find_control(std::string_view bytes, std::size_t from) {
  auto at = from;
  while (at < bytes.size()) {
    for (std::uint64_t eight = 0; at + sizeof(eight) <= bytes.size(); at += sizeof(eight)) {
      std::memcpy(&eight, bytes.data() + at, sizeof(eight));
      if (may_hold_control(eight)) break;
    }
    const auto stop = std::min(at + sizeof(std::uint64_t), bytes.size());
    for (; at < stop; ++at) {
      if (is_control(bytes[at])) return at;
    }
  }
  return at;
}

}  // namespace

bool is_token_char(char c) { return kToken[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}
bool is_target_char(char c) { return c > ' ' && c < 0x7f && c != '#'; }

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

Step Reader::word(bool (*allowed)(char), std::string_view& found, const char* why) {
  const auto begin = at;
  while (!at_end() && allowed(bytes[at])) ++at;
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
  while (!at_end() && is_token_char(bytes[at])) ++at;
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
