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

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
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

void read_piece(const Piece& piece, Budget& budget, Documents& documents) {
  Builder builder(budget, documents.faults);
  Events events(builder, piece.first_line);
  std::istringstream input{std::string(piece.text)};
  const auto syntax = [&](int line, const std::string& why) {
    documents.faults.push_back({line, "", "this is not valid YAML: " + why});
  };
  try {
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(events)) {
      if (Node root = builder.take(); !root.is_null()) documents.roots.push_back(std::move(root));
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
