#include "control/api/exchange.h"

#include <pwd.h>

#include <array>
#include <charconv>

namespace mortise::control::api {
namespace {

constexpr std::int64_t kDefaultWaitMs = 10'000;
constexpr std::int64_t kLongestWaitMs = 600'000;

std::unexpected<Error> wrong_type(const char* name, const char* wanted) {
  return fail(Code::invalid, std::string("the field ") + name + " must be " + wanted);
}

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return 400;
    case Code::denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::bug:
      return 500;
    case Code::unavailable:
      return 503;
    case Code::timed_out:
      return 504;
    case Code::exhausted:
      return 507;
  }
  return 500;
}

std::string name_of(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found) {
    return found->pw_name;
  }
  return "uid " + std::to_string(uid);
}

}  // namespace

Result<Json> parse_body(const http::Request& request) {
  auto json = Json::parse(request.body, nullptr, false);
  if (!json.is_object()) return fail(Code::invalid, "the body must be a JSON object");
  return json;
}

Result<std::string> text_of(const Json& object, const char* name, std::string otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  if (!found->is_string()) return wrong_type(name, "a string");
  return found->get<std::string>();
}

Result<bool> flag_of(const Json& object, const char* name, bool otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  if (!found->is_boolean()) return wrong_type(name, "true or false");
  return found->get<bool>();
}

Result<std::int64_t> number_of(const Json& object, const char* name, std::int64_t otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  if (!found->is_number_integer()) return wrong_type(name, "a whole number");
  return found->get<std::int64_t>();
}

Result<std::map<std::string, std::string>> texts_of(const Json& object, const char* name) {
  std::map<std::string, std::string> texts;
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return texts;
  if (!found->is_object()) return wrong_type(name, "an object of strings");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) return wrong_type(name, "an object of strings");
    texts.emplace(key, value.get<std::string>());
  }
  return texts;
}

Result<std::uint64_t> query_number(const http::Request& request, const char* name,
                                   std::uint64_t otherwise) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return otherwise;
  std::uint64_t number = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  if (error != std::errc() || stop != end) return wrong_type(name, "a whole number");
  return number;
}

std::string query_text(const http::Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

http::Response respond(const Json& json, int status) {
  http::Response response;
  response.status = status;
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

http::Response respond(const Error& error) {
  return respond(Json{{"error", error.what()}}, status_of(error.code()));
}

http::Response respond(const registry::Refusal& refusal) {
  if (refusal.problems.empty()) {
    return respond(Error(refusal.code, refusal.sentence));
  }
  auto errors = Json::array();
  for (const auto& problem : refusal.problems) {
    errors.push_back({{"file", problem.file},
                      {"line", problem.line},
                      {"field", problem.field},
                      {"message", problem.message}});
  }
  // A manifest with mistakes is well-formed JSON that cannot be processed.
  const int status = refusal.code == Code::invalid ? 422 : status_of(refusal.code);
  return respond(Json{{"error", refusal.sentence}, {"errors", std::move(errors)}}, status);
}

registry::Asked asked_by(const http::Request& request, const Clock& clock, std::string reason,
                         bool force) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch());
  return {now.count(), name_of(request.peer.uid), std::move(reason), force};
}

Json to_json(const discovery::Receipt& receipt) {
  return {{"applied", receipt.applied},
          {"total", receipt.total},
          {"ms", receipt.took.count()},
          {"lagging", receipt.lagging}};
}

Result<Duration> wait_of(const Json& body) {
  TRY(const auto wait, number_of(body, "wait_ms", kDefaultWaitMs));
  if (wait < 0 || wait > kLongestWaitMs) {
    return fail(Code::invalid, "wait_ms must be between 0 and " + std::to_string(kLongestWaitMs));
  }
  return std::chrono::milliseconds(wait);
}

}  // namespace mortise::control::api
