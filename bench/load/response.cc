#include "bench/load/response.h"

#include <strings.h>

#include <charconv>
#include <optional>

namespace mortise::bench {

namespace {

// The field's value without blanks around it; nothing if the line is another field.
std::optional<std::string_view> field(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      ::strncasecmp(line.data(), name.data(), name.size()) != 0)
    return std::nullopt;
  line.remove_prefix(name.size() + 1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

template <class Number>
bool parse_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void Response::reset() {
  head_.clear();
  in_body_ = closes_ = false;
  status_ = 0;
  length_ = body_ = 0;
}

Response::State Response::feed(std::string_view bytes) {
  if (!in_body_) {
    const auto before = head_.size();
    head_.append(bytes);
    const auto end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) return head_.size() > kMaxHead ? State::broken : State::reading;
    if (!read_head(std::string_view(head_).substr(0, end + 2))) return State::broken;
    in_body_ = true;
    bytes.remove_prefix(end + 4 - before);
  }
  body_ += bytes.size();
  if (body_ > length_) return State::broken;
  return body_ == length_ ? State::complete : State::reading;
}

bool Response::read_head(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 13) return false;
  if (!parse_number(head.substr(9, 3), status_)) return false;
  bool has_length = false;
  for (auto start = head.find("\r\n") + 2; start < head.size();) {
    const auto end = head.find("\r\n", start);
    const auto line = head.substr(start, end - start);
    if (const auto length = field(line, "content-length")) {
      if (has_length || !parse_number(*length, length_)) return false;
      has_length = true;
    } else if (const auto connection = field(line, "connection")) {
      closes_ = *connection == "close";
    }
    start = end + 2;
  }
  return has_length;
}

}  // namespace mortise::bench
