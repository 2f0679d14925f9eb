#include <algorithm>

#include "wire/http1_scan.h"

namespace mortise::wire::http1 {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// RFC 3986 3.2.2 without the comma: with one, two hosts could be meant.
bool is_name_char(char c) {
  return is_digit(c) || is_letter(c) ||
         std::string_view("-._~%!$&'()*+;=").find(c) != std::string_view::npos;
}

struct Authority {
  std::string_view host;
  std::string_view port;
  bool has_port = false;
};

bool split_authority(std::string_view text, Authority& parts) {
  std::size_t host_end = 0;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos || bracket < 3) return false;
    const auto inside = text.substr(1, bracket - 1);
    if (!std::ranges::all_of(inside, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
      return false;
    }
    host_end = bracket + 1;
  } else {
    while (host_end < text.size() && is_name_char(text[host_end])) ++host_end;
  }
  parts.host = text.substr(0, host_end);
  const auto rest = text.substr(host_end);
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  parts.has_port = true;
  parts.port = rest.substr(1);
  return parts.port.size() <= 5 && std::ranges::all_of(parts.port, is_digit);
}

// "http" of "http://host/path"; empty if the target is not in absolute-form.
std::string_view scheme_of(std::string_view target) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_letter(target.front())) return {};
  const auto scheme = target.substr(0, colon);
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  return std::ranges::all_of(scheme, allowed) ? scheme : std::string_view();
}

std::string_view authority_of(std::string_view target, std::string_view scheme) {
  const auto rest = target.substr(scheme.size() + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

std::string_view default_port(std::string_view scheme) {
  if (equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "ws")) return "80";
  if (equals_ignoring_case(scheme, "https") || equals_ignoring_case(scheme, "wss")) return "443";
  return {};
}

Step read_version(Reader& reader, int& minor_version) {
  const auto step = reader.expect("HTTP/1.", "not HTTP/1.0 or HTTP/1.1");
  if (step != Step::ok) return step;
  if (reader.at_end()) return Step::more;
  const char digit = reader.bytes[reader.at];
  if (digit != '0' && digit != '1') return reader.bad("not HTTP/1.0 or HTTP/1.1");
  minor_version = digit - '0';
  ++reader.at;
  return Step::ok;
}

}  // namespace

bool is_authority(std::string_view text) {
  Authority parts;
  return split_authority(text, parts) && (!parts.host.empty() || text.empty());
}

bool is_target_of(std::string_view method, std::string_view target) {
  if (method == "CONNECT") {
    Authority parts;
    return split_authority(target, parts) && !parts.host.empty() && !parts.port.empty();
  }
  if (target.starts_with('/')) return true;
  if (target == "*") return method == "OPTIONS";
  const auto scheme = scheme_of(target);
  if (scheme.empty()) return false;
  const auto authority = authority_of(target, scheme);
  return !authority.empty() && is_authority(authority);
}

// RFC 9112 3.2.2 lets the target win; a peer that lets Host win would serve somebody else.
bool agrees_with_host(std::string_view target, std::string_view host) {
  if (target.starts_with('/') || target == "*") return true;
  const auto scheme = scheme_of(target);
  if (scheme.empty()) return true;
  Authority named;
  Authority given;
  if (!split_authority(authority_of(target, scheme), named)) return false;
  if (!split_authority(host, given)) return false;
  const auto standard = default_port(scheme);
  const auto port = [&](const Authority& of) { return of.port.empty() ? standard : of.port; };
  return equals_ignoring_case(named.host, given.host) && port(named) == port(given);
}

Step read_request_line(Reader& reader, RequestLine& line) {
  auto step = reader.word(kTokenChars, line.method, "a method that is not a token");
  if (line.method.size() > kMaxMethod) return reader.bad("a method of more than 64 characters");
  if (step != Step::ok) return step;
  step = reader.word(kTargetChars, line.target, "a request target with a forbidden character");
  if (step != Step::ok) return step;
  if (!is_target_of(line.method, line.target)) {
    return reader.bad("a request target in a form that does not fit its method");
  }
  step = read_version(reader, line.minor_version);
  if (step != Step::ok) return step;
  return reader.line_end();
}

Guess guess_request(std::string_view bytes) {
  // No other protocol begins with a method and this much of a target.
  constexpr std::size_t kSure = 8 * 1024;
  Reader reader{.bytes = bytes};
  RequestLine line;
  switch (read_request_line(reader, line)) {
    case Step::ok:
      return Guess::http;
    case Step::bad:
      return Guess::not_http;
    case Step::more:
      break;
  }
  const auto version = bytes.substr(0, reader.at).rfind(" HTTP/1.");
  if (version != std::string_view::npos || bytes.size() > kSure) return Guess::http;
  return Guess::undecided;
}

}  // namespace mortise::wire::http1
