#include "http/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace mortise::http {
namespace {

using wire::http1::equals_ignoring_case;
using Header = std::pair<std::string, std::string>;

constexpr std::array<std::pair<int, std::string_view>, 46> kReasons = {{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Control characters and spaces would end a line or a word of the head early.
bool fits_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

bool fits_word(std::string_view text) {
  return !text.empty() && fits_line(text) && text.find_first_of(" \t") == std::string_view::npos;
}

bool is_framing(std::string_view name) {
  return equals_ignoring_case(name, "content-length") ||
         equals_ignoring_case(name, "transfer-encoding") ||
         equals_ignoring_case(name, "connection");
}

bool names_field(const std::vector<Header>& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [&](const Header& it) { return equals_ignoring_case(it.first, name); });
}

bool well_formed(const std::vector<Header>& headers) {
  return std::ranges::all_of(headers, [](const Header& it) {
    return fits_word(it.first) && !it.first.contains(':') && fits_line(it.second);
  });
}

// Everything but what the framing says by itself.
void append_fields(std::string& text, const std::vector<Header>& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_framing(name)) text += fmt::format("{}: {}\r\n", name, value);
  }
}

// RFC 9110 5.6.7
std::string http_date(WallTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  const std::time_t now = seconds;
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", parts);
}

Result<std::string> decode_query_word(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

Result<void> parse_query(std::string_view text, std::map<std::string, std::string>& into) {
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    TRY(auto name, decode_query_word(pair.substr(0, equals)));
    TRY(auto value, decode_query_word(pair.substr(std::min(equals + 1, pair.size()))));
    into.insert_or_assign(std::move(name), std::move(value));
  }
  return {};
}

// The path and query of "/a?b" or "http://host/a?b" (RFC 9112 3.2).
Result<std::string_view> origin_form(std::string_view target) {
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme < 6) {
    const auto path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target.starts_with('/') || target == "*") return target;
  return fail(Code::invalid, "the request's target is not a path");
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || parsed.ec != std::errc() ||
        parsed.ptr != digits.data() + digits.size()) {
      return fail(Code::invalid, "a percent sign without two hexadecimal digits");
    }
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

Result<Request> to_request(const wire::http1::RequestHead& head) {
  Request request;
  request.method = head.method;
  TRY(const auto target, origin_form(head.target));
  const auto question = std::min(target.find('?'), target.size());
  TRY(request.path, percent_decode(target.substr(0, question)));
  CHECK_OK(parse_query(target.substr(std::min(question + 1, target.size())), request.query));
  for (const auto& field : head.fields) request.headers.emplace_back(field.name, field.value);
  return request;
}

std::string_view reason_phrase(int status) {
  const auto found = std::ranges::find(kReasons, status, &decltype(kReasons)::value_type::first);
  return found == kReasons.end() ? std::string_view() : found->second;
}

std::string encode_response(const Response& response, const Delivery& delivery) {
  const bool sound = response.status >= 200 && response.status <= 999 &&
                     fits_line(response.content_type) && well_formed(response.headers);
  if (!sound) {
    return encode_response({.status = 500, .headers = {}, .body = "", .content_type = ""},
                           delivery);
  }
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  if (!names_field(response.headers, "date")) {
    text += fmt::format("Date: {}\r\n", http_date(delivery.now));
  }
  append_fields(text, response.headers);
  // RFC 9110 8.6: these have no body and say nothing about its length.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    if (!response.content_type.empty() && !names_field(response.headers, "content-type")) {
      text += fmt::format("Content-Type: {}\r\n", response.content_type);
    }
    text += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  text += delivery.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (delivery.with_body && !bodiless) text += response.body;
  return text;
}

Result<std::string> encode_request(const ClientRequest& request) {
  const bool sound = fits_word(request.method) && fits_word(request.target) &&
                     fits_word(request.host) && well_formed(request.headers);
  if (!sound) return fail(Code::invalid, "a request with characters that HTTP does not allow");
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, request.host);
  append_fields(text, request.headers);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  text += "Connection: close\r\n\r\n";
  text += request.body;
  return text;
}

}  // namespace mortise::http
