// runtime/process/runner.h — keeps one process running: starts it, notices its end, starts it again
// after a pause that grows while it keeps failing to do its work.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "runtime/process/process.h"

namespace mortise::runtime {

class Runner {
 public:
  // `process` and `restarts` live in the state, which `save` writes down.
  Runner(Processes& processes, ProcessId& process, int& restarts,
         std::function<Result<void>()> save)
      : processes_(processes), process_(process), restarts_(restarts), save_(std::move(save)) {}

  // Looks whether it still runs. What it says when it ended, once.
  std::optional<Ending> check(TimePoint now);
  [[nodiscard]] bool running() const { return process_.valid(); }
  // Whether it should be started now.
  [[nodiscard]] bool due(TimePoint now) const { return !running() && now >= start_at_; }
  [[nodiscard]] TimePoint start_at() const { return start_at_; }

  void start(TimePoint now, const Result<Launch>& launch);
  // What was started does its work: its end will be no failure to start, however early it comes.
  void proven() { proven_ = running(); }
  // Another process took the place of the one that ran: a healthy one, started by somebody else.
  void succeeded(TimePoint now);
  // Why it does not run, in a sentence; empty while it runs or was never tried.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  void fail_until_later(TimePoint now, std::string why);

  Processes& processes_;
  ProcessId& process_;
  int& restarts_;
  std::function<Result<void>()> save_;
  TimePoint started_;  // by us; long ago if by somebody before us
  TimePoint start_at_;
  Duration pause_{};
  bool has_run_ = false;
  bool proven_ = false;
  std::string trouble_;
};

}  // namespace mortise::runtime
