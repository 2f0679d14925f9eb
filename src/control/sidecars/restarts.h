// control/sidecars/restarts.h — restarts of sidecars that somebody asked for and waits for, until
// whoever runs the sidecars says what became of each. Nothing of it is stored: who waits asks
// again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/gate.h"
#include "io/loop.h"
#include "io/task.h"

namespace mortise::control::sidecars {

class Restarts {
 public:
  struct Asked {
    std::uint64_t id = 0;
    std::string workload;  // "NS/NAME"
    Duration grace{};      // for what is going on in the old process
    Duration limit{};      // for the new one to be in force
    bool seen = false;     // by whoever runs it
  };

  // `told` is called when there is another one to do. Numbers are drawn at random once, so that
  // none of an earlier life of the control plane comes again.
  Restarts(io::Loop& loop, std::function<void()> told)
      : loop_(loop), told_(std::move(told)), changed_(loop), last_(loop.random().next() >> 20) {}

  // Asks for it, and waits for its end. conflict: one is under way. unavailable: it failed, and
  // the old process serves on. timed_out: nobody is there to do it, or has not answered.
  io::Task<Result<void>> restart(Asked wanted);

  // Number of the newest.
  [[nodiscard]] std::uint64_t newest() const { return last_; }
  // Those that wait; they count as seen from now on.
  std::vector<Asked> take();
  // An empty problem: the new process is in force. not_found: nobody waits for it any more.
  Result<void> end(std::uint64_t id, std::string problem);

 private:
  static constexpr Duration kUntilSeen = std::chrono::seconds(10);
  static constexpr Duration kAnswer = std::chrono::seconds(5);  // beyond its limit
  struct Waiting;

  io::Loop& loop_;
  const std::function<void()> told_;
  std::vector<Waiting*> waiting_;
  io::Gate changed_;
  std::uint64_t last_;
};

}  // namespace mortise::control::sidecars
