#include "manifest/node.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace mortise::manifest {

namespace {

template <std::size_t size>
bool any_of(const std::array<std::string_view, size>& words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

constexpr std::array<std::string_view, 9> kTrue = {"true", "True", "TRUE", "yes", "Yes",
                                                   "YES",  "on",   "On",   "ON"};
constexpr std::array<std::string_view, 9> kFalse = {"false", "False", "FALSE", "no", "No",
                                                    "NO",    "off",   "Off",   "OFF"};
constexpr std::array<std::string_view, 4> kNull = {"~", "null", "Null", "NULL"};

// Decimal, 0x, 0o, 0b, and a leading 0 for octal.
std::optional<std::int64_t> integer_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  if (text.empty() || text[0] == '-' || text[0] == '+') return std::nullopt;
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<double> real_of(std::string_view text) {
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  if (text.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(keys, key);
  if (found == keys.end()) return nullptr;
  return &items[static_cast<std::size_t>(found - keys.begin())];
}

std::size_t Node::size() const {
  std::size_t total = 1 + keys.size();
  for (const auto& item : items) total += item.size();
  return total;
}

std::string_view describe(Node::Type type) {
  switch (type) {
    case Node::Type::null:
      return "nothing";
    case Node::Type::boolean:
      return "true or false";
    case Node::Type::integer:
    case Node::Type::real:
      return "a number";
    case Node::Type::text:
      return "text";
    case Node::Type::list:
      return "a list";
    case Node::Type::map:
      return "a map";
  }
  return "?";
}

Node plain_scalar(std::string text, int line) {
  Node node = text_scalar(std::move(text), line);
  if (node.text.empty() || any_of(kNull, node.text)) {
    node.type = Node::Type::null;
  } else if (any_of(kTrue, node.text) || any_of(kFalse, node.text)) {
    node.type = Node::Type::boolean;
    node.boolean = any_of(kTrue, node.text);
  } else if (const auto integer = integer_of(node.text)) {
    node.type = Node::Type::integer;
    node.integer = *integer;
  } else if (const auto real = real_of(node.text)) {
    node.type = Node::Type::real;
    node.real = *real;
  }
  return node;
}

Node text_scalar(std::string text, int line) {
  Node node;
  node.type = Node::Type::text;
  node.line = line;
  node.text = std::move(text);
  return node;
}

}  // namespace mortise::manifest
