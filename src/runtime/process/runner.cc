#include "runtime/process/runner.h"

#include <algorithm>
#include <utility>

namespace mortise::runtime {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(30);
// A process that ran this long is taken as healthy: its next failure is a first one again.
constexpr Duration kHealthy = std::chrono::seconds(20);

Duration longer(Duration pause) {
  return pause == Duration{} ? kFirstPause : std::min(pause * 2, kLongestPause);
}

}  // namespace

std::optional<Ending> Runner::check(TimePoint now) {
  if (!process_.valid()) return std::nullopt;
  auto ending = processes_.ended(process_);
  if (!ending) {
    has_run_ = true;  // it may be one that an earlier supervisor started
    return std::nullopt;
  }
  process_ = {};
  trouble_ = ending->to_string();
  // The end of a healthy life is no failure to start: the next one begins at once, or soon if it
  // was short, so that a loop of them costs little.
  if (now - started_ >= kHealthy) {
    pause_ = Duration{};
  } else {
    pause_ = std::exchange(proven_, false) ? kFirstPause : longer(pause_);
  }
  start_at_ = now + pause_;
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
  // Not if it ended together with an earlier supervisor, as in a kill of everything.
  if (std::exchange(has_run_, true)) ++restarts_;
  started_ = now;
  proven_ = false;
  trouble_.clear();
}

void Runner::succeeded(TimePoint now) {
  has_run_ = true;
  started_ = now;
  pause_ = {};
  trouble_.clear();
}

void Runner::fail_until_later(TimePoint now, std::string why) {
  pause_ = longer(pause_);
  start_at_ = now + pause_;
  trouble_ = std::move(why);
}

}  // namespace mortise::runtime
