#include "cli/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace mortise::cli {
namespace {

bool is_port(std::string_view text) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits) return is_object_name(text);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && number >= 1 && number <= 65535;
}

std::unexpected<Error> not_a_resource(std::string_view text) {
  return fail(Code::invalid, fmt::format("\"{}\" names nothing: write mesh, NAMESPACE, "
                                         "NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT",
                                         text));
}

// Takes what follows the last `mark` off `text`; nothing if there is no such mark.
std::optional<std::string> cut_tail(std::string_view& text, char mark) {
  const auto at = text.rfind(mark);
  if (at == text.npos) return std::nullopt;
  std::string tail(text.substr(at + 1));
  text = text.substr(0, at);
  return tail;
}

}  // namespace

std::string Resource::heading() const {
  return scope == Scope::mesh ? "/mesh" : namespace_name + "/" + service;
}

Result<Resource> parse_resource(std::string_view text) {
  if (text == "mesh") return Resource{};
  std::string_view left = text;
  const auto port = cut_tail(left, ':');
  const auto service = cut_tail(left, '/');
  if (!is_object_name(left)) return not_a_resource(text);
  if (service && !is_object_name(*service)) return not_a_resource(text);
  if (port && (!service || !is_port(*port))) return not_a_resource(text);

  const auto scope = port      ? Resource::Scope::port
                     : service ? Resource::Scope::service
                               : Resource::Scope::whole_namespace;
  return Resource{scope, std::string(left), service.value_or(""), port.value_or("")};
}

bool is_object_name(std::string_view text) {
  const auto inside = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), inside);
}

}  // namespace mortise::cli
