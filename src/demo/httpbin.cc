#include "demo/httpbin.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "http/client.h"

namespace mortise::demo {
namespace {

using nlohmann::json;

constexpr double kLongestDelaySeconds = 10;
constexpr std::uint64_t kMostBytes = 100 * 1024;

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string header(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (canonical_header_name(key) == name) return value;
  }
  return "";
}

// Fields of one name become one value, joined by commas, as httpbin's framework does it.
json headers_of(const http::Request& request) {
  json headers = json::object();
  for (const auto& [name, value] : request.headers) {
    auto& joined = headers[canonical_header_name(name)];
    joined = joined.is_null() ? value : joined.get<std::string>() + "," + value;
  }
  return headers;
}

http::Response text(int status, std::string content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

http::Response json_body(const json& value) {
  // What is not UTF-8 is replaced: an answer with U+FFFD beats none.
  return text(200, "application/json",
              value.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

http::Response page(int status, const std::string& title, const std::string& words) {
  return text(status, "text/html",
              "<!doctype html>\n<title>" + title + "</title>\n<h1>" + title + "</h1>\n<p>" + words +
                  "</p>\n");
}

http::Response not_found() {
  return page(404, "404 Not Found", "The requested URL was not found on this server.");
}

json described(const http::Request& request) {
  json args = json::object();
  std::string query;
  for (const auto& [name, value] : request.query) {
    args[name] = value;
    query += (query.empty() ? "?" : "&") + http::percent_encode(name) + "=" +
             http::percent_encode(value);
  }
  return {{"args", args},
          {"headers", headers_of(request)},
          {"origin", request.peer_address.ip.to_string()},
          {"url", "http://" + header(request, "Host") + request.path + query}};
}

std::string form_text(std::string_view encoded) {
  std::string text(encoded);
  std::replace(text.begin(), text.end(), '+', ' ');
  return http::percent_decode(text).value_or(text);
}

json form_of(std::string_view body) {
  json form = json::object();
  while (!body.empty()) {
    const auto pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    form[form_text(pair.substr(0, equals))] = form_text(value);
  }
  return form;
}

json described_with_body(const http::Request& request) {
  json answer = described(request);
  const bool is_form =
      header(request, "Content-Type").starts_with("application/x-www-form-urlencoded");
  const json parsed = json::parse(request.body, nullptr, false);
  answer["data"] = is_form ? "" : request.body;
  answer["files"] = json::object();
  answer["form"] = is_form ? form_of(request.body) : json::object();
  answer["json"] = is_form || parsed.is_discarded() ? json() : parsed;
  return answer;
}

http::Response status(std::string_view code) {
  const auto number = number_in<int>(code);
  // 1xx would announce a further response that never comes.
  if (!number || *number < 200 || *number > 599) {
    return text(400, "text/html; charset=utf-8", "Invalid status code");
  }
  http::Response response = text(*number, "text/html; charset=utf-8", "");
  if (*number == 401)
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Fake Realm\"");
  const bool redirects = (*number >= 301 && *number <= 303) || *number == 307 || *number == 308;
  if (redirects) response.headers.emplace_back("Location", "/get");
  return response;
}

Answer delayed(const http::Request& request, std::string_view seconds) {
  const auto number = number_in<double>(seconds);
  if (!number || !std::isfinite(*number) || *number < 0) return {not_found()};
  const std::chrono::duration<double> delay(std::min(*number, kLongestDelaySeconds));
  return {json_body(described_with_body(request)), std::chrono::duration_cast<Duration>(delay)};
}

http::Response bytes(const http::Request& request, std::string_view count, Random& random) {
  const auto wanted = number_in<std::uint64_t>(count);
  if (!wanted) return not_found();
  std::uint64_t seed = random.next();
  if (const auto given = request.query.find("seed"); given != request.query.end()) {
    const auto number = number_in<std::uint64_t>(given->second);
    if (!number) return page(400, "400 Bad Request", "seed must be a whole number.");
    seed = *number;
  }
  Random drawn(seed);
  std::string body(std::min(*wanted, kMostBytes), '\0');
  for (char& byte : body) byte = static_cast<char>(drawn.below(256));
  return text(200, "application/octet-stream", std::move(body));
}

http::Response wrong_method(const std::string& allowed) {
  auto response =
      page(405, "405 Method Not Allowed", "The method is not allowed for the requested URL.");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Answer route(const http::Request& request, Random& random) {
  const std::string_view path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const auto after = [path](std::string_view prefix) { return path.substr(prefix.size()); };

  if (path.starts_with("/status/")) return {status(after("/status/"))};
  if (path.starts_with("/delay/")) return delayed(request, after("/delay/"));
  if (path == "/post") {
    if (request.method != "POST") return {wrong_method("POST, OPTIONS")};
    return {json_body(described_with_body(request))};
  }
  const bool known = path == "/headers" || path == "/get" || path.starts_with("/bytes/");
  if (!known) return {not_found()};
  if (!reads) return {wrong_method("GET, HEAD, OPTIONS")};
  if (path == "/headers") return {json_body({{"headers", headers_of(request)}})};
  if (path == "/get") return {json_body(described(request))};
  return {bytes(request, after("/bytes/"), random)};
}

}  // namespace

Answer answer_httpbin(const http::Request& request, Random& random) {
  Answer answer = route(request, random);
  auto& headers = answer.response.headers;
  headers.emplace_back("Server", "mortise-httpbin");
  headers.emplace_back("Access-Control-Allow-Origin", "*");
  headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return answer;
}

std::string canonical_header_name(std::string_view name) {
  std::string canonical;
  bool starts_word = true;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    if (starts_word && lower) {
      canonical += static_cast<char>(c - 'a' + 'A');
    } else if (!starts_word && upper) {
      canonical += static_cast<char>(c - 'A' + 'a');
    } else {
      canonical += c;
    }
    starts_word = c == '-';
  }
  return canonical;
}

}  // namespace mortise::demo
