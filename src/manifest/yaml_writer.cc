// Block YAML in kubectl's layout: keys sorted, lists not indented below their field.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/manifest.h"
#include "manifest/reader.h"

namespace mortise::manifest {

namespace {

// Readers of YAML 1.1 take these for something other than text; y and n as well.
bool is_ambiguous(std::string_view text) {
  return plain_scalar(std::string(text), 0).type != Node::Type::text || text == "y" ||
         text == "Y" || text == "n" || text == "N" || text == "=" || text == "<<";
}

// Dates, and numbers written in ways that only some readers know.
bool looks_like_a_number(std::string_view text) {
  return (text[0] >= '0' && text[0] <= '9') || text[0] == '.' || text[0] == '+';
}

bool can_be_plain(std::string_view text) {
  if (text.empty() || is_ambiguous(text)) return false;
  if (text.find_first_of("-?:,[]{}#&*!|>'\"%@` ") == 0) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) {
    return false;
  }
  if (looks_like_a_number(text) &&
      text.find_first_not_of("0123456789+-.:_eETZ") == std::string_view::npos) {
    return false;
  }
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

std::string double_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string scalar(const Node& node) {
  if (node.is_null()) return "null";
  if (node.is_list()) return "[]";
  if (node.is_map()) return "{}";
  if (node.type != Node::Type::text || can_be_plain(node.text)) return node.text;
  return double_quoted(node.text);
}

bool is_block(const Node& node) { return (node.is_map() || node.is_list()) && !node.items.empty(); }

// A node that begins at column `indent`; its first line is indented already.
void write(const Node& node, std::size_t indent, std::string& out);

void write_map(const Node& node, std::size_t indent, std::string& out) {
  std::vector<std::size_t> order(node.keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) -> const std::string& { return node.keys[i]; });
  for (std::size_t n = 0; n < order.size(); ++n) {
    const auto& key = node.keys[order[n]];
    const auto& value = node.items[order[n]];
    if (n > 0) out.append(indent, ' ');
    out += can_be_plain(key) ? key : double_quoted(key);
    if (!is_block(value)) {
      out += ": " + scalar(value) + "\n";
      continue;
    }
    const auto deeper = value.is_list() ? indent : indent + 2;
    out += ":\n" + std::string(deeper, ' ');
    write(value, deeper, out);
  }
}

void write_list(const Node& node, std::size_t indent, std::string& out) {
  for (std::size_t n = 0; n < node.items.size(); ++n) {
    if (n > 0) out.append(indent, ' ');
    out += "- ";
    write(node.items[n], indent + 2, out);
  }
}

void write(const Node& node, std::size_t indent, std::string& out) {
  if (!is_block(node)) {
    out += scalar(node) + "\n";
  } else if (node.is_map()) {
    write_map(node, indent, out);
  } else {
    write_list(node, indent, out);
  }
}

}  // namespace

Result<std::string> yaml_from_json(std::string_view json) {
  const Limits limits;
  Budget budget{limits.depth, limits.nodes};
  TRY(const auto node, read_json(json, budget));
  std::string out;
  write(node, 0, out);
  return out;
}

}  // namespace mortise::manifest
