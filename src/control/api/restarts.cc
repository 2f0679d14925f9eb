#include "control/sidecars/restarts.h"

#include <charconv>

#include "control/api/exchange.h"
#include "control/api/resources.h"

namespace mortise::control::api {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kDefaultGraceMs = 30'000;
constexpr std::int64_t kDefaultLimitMs = 20'000;
constexpr std::int64_t kLongestMs = 10 * 60'000;
constexpr std::size_t kLongestProblem = 1024;

Result<Duration> time_of(const Json& body, const char* name, std::int64_t otherwise) {
  TRY(const auto time, number_of(body, name, otherwise));
  if (time < 0 || time > kLongestMs) {
    return fail(Code::invalid, std::string(name) + " must be between 0 and ten minutes");
  }
  return milliseconds(time);
}

Result<sidecars::Restarts::Asked> parse(const Parts& parts, const http::Request& request,
                                        const std::string& key) {
  sidecars::Restarts::Asked asked;
  asked.workload = key;
  if (!request.body.empty()) {
    TRY(const auto body, parse_body(request));
    TRY(asked.grace, time_of(body, "grace_ms", kDefaultGraceMs));
    TRY(asked.limit, time_of(body, "limit_ms", kDefaultLimitMs));
  } else {
    asked.grace = milliseconds(kDefaultGraceMs);
    asked.limit = milliseconds(kDefaultLimitMs);
  }
  const auto* record = parts.registry.workload(key);
  if (!record) return fail(Code::not_found, "there is no workload " + key);
  if (!record->workload.has_sidecar) {
    return fail(Code::conflict, "it has no sidecar: there is nothing to restart");
  }
  return asked;
}

Result<void> take_end(Parts& parts, const http::Request& request, const std::string& number) {
  std::uint64_t id = 0;
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, id).ptr != end) {
    return fail(Code::invalid, "'" + number + "' is not the number of a restart");
  }
  TRY(const auto body, parse_body(request));
  TRY(auto problem, text_of(body, "problem"));
  problem.resize(std::min(problem.size(), kLongestProblem));
  return parts.restarts.end(id, std::move(problem));
}

std::int64_t in_ms(Duration time) { return time / milliseconds(1); }

}  // namespace

Answer post_workload_restart(Parts& parts, http::Request request, std::string key) {
  auto asked = parse(parts, request, key);
  if (!asked) co_return respond(asked.error());
  const auto began = parts.loop.now();
  const auto done = co_await parts.restarts.restart(*std::move(asked));
  if (!done) co_return respond(done.error());
  co_return respond(Json{{"workload", key}, {"ms", in_ms(parts.loop.now() - began)}});
}

Answer get_restarts(Parts& parts, http::Request) {
  auto items = Json::array();
  for (const auto& asked : parts.restarts.take()) {
    items.push_back({{"id", asked.id},
                     {"workload", asked.workload},
                     {"grace_ms", in_ms(asked.grace)},
                     {"limit_ms", in_ms(asked.limit)}});
  }
  co_return respond(Json{{"items", std::move(items)}});
}

Answer post_restart_end(Parts& parts, http::Request request, std::string number) {
  const auto taken = take_end(parts, request, number);
  if (!taken) co_return respond(taken.error());
  co_return respond(Json::object());
}

}  // namespace mortise::control::api
