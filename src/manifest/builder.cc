#include "manifest/builder.h"

#include <algorithm>
#include <utility>

namespace mortise::manifest {

namespace {

constexpr std::size_t kMaxFaults = 100;
constexpr std::string_view kMergeKey = "<<";

bool is_word(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, plain);
}

// Cut at a character, not inside one.
std::string_view shorten(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace

std::string quoted(std::string_view text) {
  const auto shown = shorten(text, 80);
  std::string result = "\"";
  for (const char c : shown) result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return result + (shown.size() < text.size() ? "...\"" : "\"");
}

std::string join_field(const std::string& path, std::string_view name) {
  const std::string shown(shorten(name, 80));
  if (!is_word(shown)) return path + "[" + shown + "]";
  return path.empty() ? shown : path + "." + shown;
}

bool Builder::at_key() const {
  return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key;
}

bool Builder::open(Node::Type type, int line, std::size_t anchor) {
  if (at_key()) return fail(line, "the name of a field must be text");
  if (frames_.size() >= budget_.depth) {
    return fail(line, "nested more than " + std::to_string(budget_.depth) + " levels deep");
  }
  if (!spend(line, 1)) return false;
  Frame frame;
  // A block begins on the line of its field's name, not on that of its first child.
  const bool is_field = !frames_.empty() && frames_.back().node.is_map();
  frame.line = is_field ? frames_.back().line : line;
  if (!frames_.empty()) frames_.back().line = frame.line;
  frame.node.type = type;
  frame.node.line = frame.line;
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
  return true;
}

bool Builder::close() {
  if (!merge(frames_.back())) return false;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  return add(std::move(frame.node), frame.anchor);
}

bool Builder::put(Node scalar, std::size_t anchor) {
  if (!spend(scalar.line, 1)) return false;
  if (at_key()) return set_key(scalar);
  if (!frames_.empty()) {
    auto& frame = frames_.back();
    // An empty value is reported at whatever comes next.
    if (frame.node.is_map() || scalar.is_null()) scalar.line = frame.line;
    frame.line = scalar.line;
  }
  return add(std::move(scalar), anchor);
}

bool Builder::alias(std::size_t anchor) {
  const int line = frames_.empty() ? 1 : frames_.back().line;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return fail(line, "an alias inside what it stands for");
  if (!spend(line, found->second.size())) return false;
  if (at_key()) return set_key(found->second);
  Node copy = found->second;
  copy.line = line;
  return add(std::move(copy), 0);
}

bool Builder::set_key(const Node& scalar) {
  if (scalar.is_map() || scalar.is_list())
    return fail(scalar.line, "the name of a field must be text");
  auto& frame = frames_.back();
  frame.has_key = true;
  frame.key = scalar.text;
  frame.line = scalar.line;
  frame.skip = frame.key != kMergeKey && !frame.seen.insert(frame.key).second;
  if (frame.skip) note_fault(scalar.line, "is there twice: remove one of the two");
  return faults_.size() < kMaxFaults;
}

bool Builder::add(Node node, std::size_t anchor) {
  if (anchor != 0) {
    if (!spend(node.line, node.size())) return false;
    anchors_.insert_or_assign(anchor, node);
  }
  if (frames_.empty()) {
    root_ = std::move(node);
    return true;
  }
  auto& frame = frames_.back();
  if (!frame.node.is_map()) {
    frame.node.items.push_back(std::move(node));
    return true;
  }
  frame.has_key = false;
  if (frame.skip) return true;
  if (frame.key == kMergeKey) {
    frame.merges.push_back(std::move(node));
    return true;
  }
  frame.node.keys.push_back(std::move(frame.key));
  frame.node.items.push_back(std::move(node));
  return true;
}

// What stands in the map itself wins over what is merged into it, earlier over later.
bool Builder::merge(Frame& frame) {
  for (auto& merged : frame.merges) {
    std::vector<Node> sources;
    if (merged.is_list()) {
      sources = std::move(merged.items);
    } else {
      sources.push_back(std::move(merged));
    }
    for (auto& source : sources) {
      if (!source.is_map()) return fail(source.line, "only maps can be merged with <<");
      for (std::size_t i = 0; i < source.keys.size(); ++i) {
        if (!frame.seen.insert(source.keys[i]).second) continue;
        frame.node.keys.push_back(std::move(source.keys[i]));
        frame.node.items.push_back(std::move(source.items[i]));
      }
    }
  }
  return true;
}

bool Builder::spend(int line, std::size_t nodes) {
  if (nodes > budget_.nodes) {
    budget_.nodes = 0;
    return fail(line, "too much content: the limit on values in one call is reached");
  }
  budget_.nodes -= nodes;
  return true;
}

bool Builder::fail(int line, std::string message) {
  faults_.push_back({line, path(), std::move(message)});
  return false;
}

void Builder::note_fault(int line, std::string message) {
  faults_.push_back({line, path(), std::move(message)});
}

std::string Builder::path() const {
  std::string result;
  for (const auto& frame : frames_) {
    if (frame.node.is_list()) result += "[" + std::to_string(frame.node.items.size()) + "]";
    if (frame.has_key) result = join_field(result, frame.key);
  }
  return result;
}

Node Builder::take() {
  frames_.clear();
  anchors_.clear();
  return std::exchange(root_, Node{});
}

}  // namespace mortise::manifest
