#include "manifest/reader.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

#include "manifest/json_reader.h"

namespace mortise::manifest {

namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// Once the builder has had enough, the rest of the document goes by unheard.
class Events : public YAML::EventHandler {
 public:
  Events(Builder& builder, int first_line) : builder_(builder), first_line_(first_line) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The library answers what it cannot make sense of with an empty document, again and again.
    if (mark.pos == start_) refuse(mark, "this is not valid YAML: unexpected text");
    start_ = mark.pos;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.line = line(mark);
    if (builder_.at_key()) node.text = "null";
    if (!stopped_) stopped_ = !builder_.put(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t anchor) override {
    if (!stopped_) stopped_ = !builder_.alias(anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    last_scalar_ = mark;
    if (value.contains('\0')) refuse(mark, "text must not contain a NUL character");
    const bool is_plain = tag == "?" || tag.empty();
    const bool is_text = tag == "!" || tag == std::string(kTagPrefix) + "str";
    if (!is_plain && !is_text) check_tag(mark, tag);
    if (stopped_) return;
    stopped_ = !builder_.put(
        is_text ? text_scalar(value, line(mark)) : plain_scalar(value, line(mark)), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Type::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Type::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] const YAML::Mark& last_scalar() const { return last_scalar_; }

 private:
  [[nodiscard]] int line(const YAML::Mark& mark) const { return mark.line + first_line_; }

  void open(Node::Type type, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (!stopped_) stopped_ = !builder_.open(type, line(mark), anchor);
  }

  void close() {
    if (!stopped_) stopped_ = !builder_.close();
  }

  void refuse(const YAML::Mark& mark, std::string why) {
    if (!stopped_) stopped_ = !builder_.fail(line(mark), std::move(why));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with(kTagPrefix)) return;
    refuse(mark, "the YAML tag " + quoted(tag) + " means nothing here");
  }

  Builder& builder_;
  const int first_line_;
  int start_ = -1;
  YAML::Mark last_scalar_;
  bool stopped_ = false;
};

// Where the text stops being UTF-8 free of control characters; its size if it never does.
std::size_t first_bad_byte(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      if ((lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7F) return i;
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return i;
    std::uint32_t point = lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) return i;
      point = point << 6U | (byte(i + k) & 0x3FU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (overlong || surrogate || point > 0x10FFFF) return i;
    i += length;
  }
  return text.size();
}

struct Piece {
  std::string_view text;
  int first_line;
};

// One per document, so that a mistake in one does not hide those of the next. YAML forbids a line
// that begins with "---" inside any value.
std::vector<Piece> split(std::string_view text) {
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  int first_line = 1;
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto words = text.substr(at, end - at);
    const bool is_marker = words.starts_with("---") && (words.size() == 3 || words[3] == ' ' ||
                                                        words[3] == '\r' || words[3] == '\t');
    if (is_marker && at != begin) {
      pieces.push_back({text.substr(begin, at - begin), first_line});
      begin = at;
      first_line = line;
    }
    at = end + 1;
    ++line;
  }
  if (begin < text.size()) pieces.push_back({text.substr(begin), first_line});
  return pieces;
}

// Nothing but blank lines, comments and directives.
bool says_nothing(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#' && line[0] != '%') return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
  return true;
}

// What follows a place that the library named; its columns are bytes.
std::string_view from(std::string_view text, const YAML::Mark& mark) {
  for (int line = 0; line < mark.line; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(std::min(text.size(), static_cast<std::size_t>(std::max(mark.column, 0))));
}

// Whether the scalar that begins here has a quote that is never closed. The library takes the end
// of the text for its end, and a file that was cut short for a whole one.
bool is_unclosed(std::string_view text) {
  while (text.starts_with('&') || text.starts_with('!')) {
    const auto end = text.find_first_of(" \t\r\n");
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  }
  if (!text.starts_with('"') && !text.starts_with('\'')) return false;
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool escapes = quote == '"' ? text[i] == '\\' : text.substr(i).starts_with("''");
    if (escapes) {
      ++i;
    } else if (text[i] == quote) {
      return false;
    }
  }
  return true;
}

// The line on which brackets have opened deeper than any object could be; 0: none. The library
// would hold hundreds of bytes for each of them before it tells of the first.
int too_deep_at(std::string_view text) {
  constexpr int kMost = 1000;
  int depth = 0;
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > kMost) return line;
  }
  return 0;
}

void read_piece(const Piece& piece, Budget& budget, Documents& documents) {
  if (const int line = too_deep_at(piece.text); line > 0) {
    documents.faults.push_back({piece.first_line + line - 1, "", "nested too deep"});
    return;
  }
  Builder builder(budget, documents.faults);
  Events events(builder, piece.first_line);
  std::istringstream input{std::string(piece.text)};
  const auto syntax = [&](int line, const std::string& why) {
    documents.faults.push_back({line, "", "this is not valid YAML: " + why});
  };
  try {
    YAML::Parser parser(input);
    while (!events.stopped() && parser.HandleNextDocument(events)) {
      if (Node root = builder.take(); !root.is_null()) documents.roots.push_back(std::move(root));
    }
    if (!events.stopped() && is_unclosed(from(piece.text, events.last_scalar()))) {
      syntax(piece.first_line + events.last_scalar().line, "this quote is never closed");
    }
  } catch (const YAML::Exception& error) {
    syntax(piece.first_line + std::max(error.mark.line, 0), error.msg);
  } catch (const std::exception& error) {
    syntax(piece.first_line, error.what());
  }
}

}  // namespace

Documents read_documents(std::string_view text, Budget& budget) {
  Documents documents;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto bad = first_bad_byte(text); bad < text.size()) {
    const auto line = 1 + std::ranges::count(text.substr(0, bad), '\n');
    const auto value = static_cast<unsigned char>(text[bad]);
    documents.faults.push_back(
        {static_cast<int>(line), "",
         value < 0x80 ? "a control character: this is not a text file" : "this is not UTF-8"});
    return documents;
  }
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    if (auto root = try_read_json(text, budget, documents.faults)) {
      if (!root->is_null()) documents.roots.push_back(*std::move(root));
      return documents;
    }
  }
  for (const auto& piece : split(text)) {
    if (!says_nothing(piece.text)) read_piece(piece, budget, documents);
  }
  return documents;
}

}  // namespace mortise::manifest
