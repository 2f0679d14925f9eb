#include <algorithm>

#include "control/api/exchange.h"
#include "control/api/resources.h"

namespace mortise::control::api {
namespace {

constexpr std::uint64_t kLongestWaitMs = 60'000;

struct Question {
  std::uint64_t after = 0;
  std::optional<std::uint64_t> restarts_after;
  std::uint64_t wait_ms = 0;
};

Result<Question> parse(const http::Request& request) {
  Question question;
  TRY(question.after, query_number(request, "after", 0));
  if (request.query.contains("restarts_after")) {
    TRY(question.restarts_after, query_number(request, "restarts_after", 0));
  }
  TRY(question.wait_ms, query_number(request, "wait_ms", 0));
  question.wait_ms = std::min(question.wait_ms, kLongestWaitMs);
  return question;
}

}  // namespace

Answer get_revision(Parts& parts, http::Request request) {
  const auto question = parse(request);
  if (!question) co_return respond(question.error());
  const auto restart_asked = [&parts, known = question->restarts_after] {
    return known && *known != parts.restarts.newest();
  };
  const auto revision = co_await parts.writer.passed(
      question->after, std::chrono::milliseconds(question->wait_ms), restart_asked);
  Json answer = {{"revision", revision}};
  if (question->restarts_after) answer["restarts"] = parts.restarts.newest();
  co_return respond(answer);
}

}  // namespace mortise::control::api
