#include "runtime/runner.h"

#include <algorithm>

namespace mortise::runtime {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(30);
// A process that ran this long is taken as healthy: its next failure is a first one again.
constexpr Duration kHealthy = std::chrono::seconds(20);

}  // namespace

std::optional<Ending> Runner::check(TimePoint now) {
  if (!process_.valid()) return std::nullopt;
  auto ending = processes_.ended(process_);
  if (!ending) return std::nullopt;
  process_ = {};
  if (was_started_ && now - started_ >= kHealthy) pause_ = {};
  fail_until_later(now, ending->to_string());
  return ending;
}

void Runner::start(TimePoint now, const Result<Launch>& launch) {
  if (!launch) return fail_until_later(now, launch.error().what());
  const auto started = processes_.start(*launch, [this](const ProcessId& process) {
    process_ = process;
    return save_();
  });
  if (!started) {
    process_ = {};
    return fail_until_later(now, started.error().what());
  }
  if (was_started_) ++restarts_;
  was_started_ = true;
  started_ = now;
  trouble_.clear();
}

void Runner::fail_until_later(TimePoint now, std::string why) {
  pause_ = pause_ == Duration{} ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  start_at_ = now + pause_;
  down_since_ = now;
  trouble_ = std::move(why);
}

}  // namespace mortise::runtime
