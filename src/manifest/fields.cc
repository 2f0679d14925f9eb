#include "manifest/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "manifest/builder.h"
#include "manifest/kinds.h"
#include "model/names.h"

namespace mortise::manifest {

namespace {

bool is_empty(const Node& node) {
  return node.is_null() || ((node.is_map() || node.is_list()) && node.items.empty());
}

// What to do about a scalar that should have been text.
std::string_view quotes_for(const Node& node) {
  return node.is_map() || node.is_list() || node.is_null() ? "" : ": put it in quotes";
}

std::string list_of(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string instead(std::string_view written, std::span<const std::string_view> known) {
  const auto near = nearest(written, known);
  if (!near.empty()) return fmt::format("did you mean {}?", near);
  return fmt::format("known here: {}", list_of(known));
}

}  // namespace

Fields::Fields(const Node& node, std::string path, Report& report)
    : node_(node), path_(std::move(path)), report_(report) {
  report_.add_line(path_, node.line);
  if (!node.is_map() && !node.is_null()) {
    problem(fmt::format("must be a map, not {}", describe(node.type)));
  }
}

const Node* Fields::find_even_null(std::string_view name) {
  known_.push_back(name);
  const auto* const found = node_.find(name);
  if (found != nullptr) report_.add_line(path(name), found->line);
  return found;
}

const Node* Fields::find(std::string_view name) {
  const auto* const found = find_even_null(name);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

std::string Fields::text(std::string_view name, std::string fallback) {
  const auto* const found = find(name);
  if (found == nullptr) return fallback;
  if (found->is_text()) return found->text;
  wrong_type(name, *found, "text");
  return fallback;
}

bool Fields::flag(std::string_view name, bool fallback) {
  const auto* const found = find(name);
  if (found == nullptr) return fallback;
  if (found->type == Node::Type::boolean) return found->boolean;
  wrong_type(name, *found, "true or false");
  return fallback;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t least,
                                            std::int64_t most) {
  const auto* const found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->type != Node::Type::integer) {
    wrong_type(name, *found, "a whole number");
    return std::nullopt;
  }
  if (found->integer < least || found->integer > most) {
    problem(name, fmt::format("must be from {} to {}, not {}", least, most, found->integer));
    return std::nullopt;
  }
  return found->integer;
}

std::optional<std::uint16_t> Fields::port(std::string_view name) {
  const auto number = integer(name, 1, 65535);
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::vector<std::string> Fields::texts(std::string_view name) {
  std::vector<std::string> result;
  each(name, [&](const Node& node, const std::string& where) {
    if (node.is_text()) {
      result.push_back(node.text);
    } else {
      report_.problem(node.line, where,
                      fmt::format("must be text, not {}{}", describe(node.type), quotes_for(node)));
    }
  });
  return result;
}

model::Labels Fields::labels(std::string_view name) { return strings(name, true); }
model::Labels Fields::annotations(std::string_view name) { return strings(name, false); }

model::Labels Fields::strings(std::string_view name, bool check_values) {
  model::Labels result;
  auto entries = map(name);
  if (!entries || !entries->node_.is_map()) return result;
  for (std::size_t i = 0; i < entries->node_.keys.size(); ++i) {
    const auto& key = entries->node_.keys[i];
    const auto& value = entries->node_.items[i];
    const auto wrong = [&](std::string message) {
      report_.problem(value.line, entries->path(key), std::move(message));
    };
    if (!model::is_label_key(key)) {
      wrong(fmt::format("{} is not a label's name", quoted(key)));
      continue;
    }
    report_.add_line(entries->path(key), value.line);
    if (!value.is_text() && !value.is_null()) {
      wrong(fmt::format("must be text, not {}{}", describe(value.type), quotes_for(value)));
    } else if (check_values && !model::is_label_value(value.text)) {
      wrong(fmt::format("{} is not a label's value: at most 63 letters, digits, '-', '_' and '.'",
                        quoted(value.text)));
    } else {
      result.emplace(key, value.is_null() ? "" : value.text);
    }
  }
  return result;
}

std::optional<Fields> Fields::map(std::string_view name) {
  const auto* const found = find(name);
  if (found == nullptr) return std::nullopt;
  return Fields(*found, path(name), report_);
}

std::vector<std::pair<const Node*, std::string>> Fields::elements(std::string_view name) {
  std::vector<std::pair<const Node*, std::string>> result;
  const auto* const found = find(name);
  if (found == nullptr) return result;
  if (!found->is_list()) {
    wrong_type(name, *found, "a list");
    return result;
  }
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    result.emplace_back(&found->items[i], fmt::format("{}[{}]", path(name), i));
    report_.add_line(result.back().second, found->items[i].line);
  }
  return result;
}

std::optional<std::size_t> Fields::word(std::string_view name,
                                        std::span<const std::string_view> words) {
  const auto* const found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_text()) {
    const auto match = std::ranges::find(words, found->text);
    if (match != words.end()) return static_cast<std::size_t>(match - words.begin());
  }
  if (found->is_map() || found->is_list()) {
    wrong_type(name, *found, "one word");
  } else {
    const auto near = nearest(found->text, words);
    problem(name, fmt::format("{} is not one of {}{}", quoted(found->text), list_of(words),
                              near.empty() ? "" : "; did you mean " + near + "?"));
  }
  return std::nullopt;
}

void Fields::require(std::string_view name) {
  const auto* const found = node_.find(name);
  if (found == nullptr || found->is_null()) problem(fmt::format("{} is missing", name));
}

void Fields::ignore(std::span<const std::string_view> names) {
  for (const auto name : names) {
    const auto* const found = find(name);
    if (found != nullptr && !is_empty(*found)) report_.ignored(name, found->line);
  }
}

void Fields::accept(std::span<const std::string_view> names) {
  known_.insert(known_.end(), names.begin(), names.end());
}

void Fields::refuse(std::string_view name, std::string why) {
  const auto* const found = find(name);
  if (found != nullptr && !is_empty(*found)) problem(name, std::move(why));
}

void Fields::done() {
  for (std::size_t i = 0; i < node_.keys.size() && !report_.is_full(); ++i) {
    const auto& key = node_.keys[i];
    if (std::ranges::find(known_, key) != known_.end()) continue;
    report_.problem(node_.items[i].line, path(key),
                    fmt::format("unknown field {}; {}", quoted(key), instead(key, known_)));
  }
}

void Fields::problem(std::string_view name, std::string message) {
  report_.problem(line(name), path(name), std::move(message));
}

std::string Fields::path(std::string_view name) const { return join_field(path_, name); }

int Fields::line(std::string_view name) const {
  const auto* const found = node_.find(name);
  return found != nullptr ? found->line : node_.line;
}

void Fields::wrong_type(std::string_view name, const Node& node, std::string_view wanted) {
  const bool quotes_hurt =
      node.is_text() && plain_scalar(node.text, 0).type != Node::Type::text && wanted != "text";
  const auto advice = wanted == "text" ? quotes_for(node)
                      : quotes_hurt    ? std::string_view(": remove the quotes")
                                       : std::string_view();
  problem(name, fmt::format("must be {}, not {}{}", wanted, describe(node.type), advice));
}

}  // namespace mortise::manifest
