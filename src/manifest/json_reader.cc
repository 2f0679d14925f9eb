#include "manifest/json_reader.h"

#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "manifest/reader.h"

namespace mortise::manifest {

namespace {

using Json = nlohmann::json;

// Walks the text and counts its lines, which the parser does not tell its events.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& left, const CountingIterator& right) {
    return left.at_ == right.at_;
  }

 private:
  const char* at_;
  int* line_;
};

class Events : public nlohmann::json_sax<Json> {
 public:
  Events(Builder& builder, const int& line) : builder_(builder), line_(line) {}

  bool null() override { return put(Node{}); }
  bool boolean(bool value) override {
    Node node = text_scalar(value ? "true" : "false", line_);
    node.type = Node::Type::boolean;
    node.boolean = value;
    return put(std::move(node));
  }
  bool number_integer(Json::number_integer_t value) override {
    Node node = text_scalar(std::to_string(value), line_);
    node.type = Node::Type::integer;
    node.integer = value;
    return put(std::move(node));
  }
  bool number_unsigned(Json::number_unsigned_t value) override {
    if (std::in_range<std::int64_t>(value)) return number_integer(static_cast<std::int64_t>(value));
    return number_float(static_cast<double>(value), std::to_string(value));
  }
  bool number_float(Json::number_float_t value, const Json::string_t& text) override {
    Node node = text_scalar(text, line_);
    node.type = Node::Type::real;
    node.real = value;
    return put(std::move(node));
  }
  bool string(Json::string_t& value) override {
    if (value.contains('\0')) return builder_.fail(line_, "text must not contain a NUL character");
    return put(text_scalar(std::move(value), line_));
  }
  bool key(Json::string_t& value) override { return string(value); }
  bool binary(Json::binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override {
    return builder_.open(Node::Type::map, line_, 0);
  }
  bool end_object() override { return builder_.close(); }
  bool start_array(std::size_t /*size*/) override {
    return builder_.open(Node::Type::list, line_, 0);
  }
  bool end_array() override { return builder_.close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    syntax_error_ = true;
    return false;
  }

  [[nodiscard]] bool syntax_error() const { return syntax_error_; }

 private:
  bool put(Node node) {
    node.line = line_;
    return builder_.put(std::move(node), 0);
  }

  Builder& builder_;
  const int& line_;
  bool syntax_error_ = false;
};

}  // namespace

std::optional<Node> try_read_json(std::string_view text, Budget& budget,
                                  std::vector<Fault>& faults) {
  const Budget before = budget;
  std::vector<Fault> found;
  Builder builder(budget, found);
  int line = 1;
  Events events(builder, line);
  Json::sax_parse(CountingIterator(text.data(), &line),
                  CountingIterator(text.data() + text.size(), &line), &events);
  if (events.syntax_error()) {
    budget = before;
    return std::nullopt;
  }
  Node root = builder.take();
  faults.insert(faults.end(), found.begin(), found.end());
  return root;
}

Result<Node> read_json(std::string_view text, Budget& budget) {
  std::vector<Fault> faults;
  auto node = try_read_json(text, budget, faults);
  if (!node) return fail(Code::invalid, "not valid JSON");
  if (!faults.empty()) {
    const auto& fault = faults.front();
    return fail(Code::invalid,
                fault.field.empty() ? fault.message : fault.field + ": " + fault.message);
  }
  return *std::move(node);
}

}  // namespace mortise::manifest
