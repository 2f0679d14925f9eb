// runtime/sidecar.h — the sidecar of one workload: its sockets, which outlive every process, the
// process that serves on them, and the handover from one process to the next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/answers.h"
#include "runtime/parts.h"
#include "runtime/process/runner.h"

namespace mortise::runtime {

class Sidecar {
 public:
  // The record lives in the state. Processes in it are taken over.
  Sidecar(const Parts& parts, InstanceRecord& record);

  // Does what can be done now. `may_start`: the control plane has made its socket.
  Result<void> step(TimePoint now, bool may_start);
  // When there is something to do by itself; never: TimePoint::max().
  [[nodiscard]] TimePoint next_step(TimePoint now) const;

  [[nodiscard]] bool running() const { return runner_.running(); }
  [[nodiscard]] const std::string& trouble() const { return runner_.trouble(); }
  // Whether callers are served. A short absence counts as service: they wait in the backlog.
  [[nodiscard]] bool serves(TimePoint now) const;
  // The control plane says that it is connected and in sync.
  void set_in_force();
  [[nodiscard]] bool awaited() const { return !was_in_force_ || missing_since_; }

  // Another process takes over, and this one finishes what is going on. Nothing happens where the
  // same was asked before.
  void hand_over(const client::Restart& asked, TimePoint now);
  // What became of it; once.
  std::optional<client::RestartEnd> handed_over();

  // Instead of step(), where the workload needs no sidecar any more.
  void retire(TimePoint now);
  // The same where somebody else ends the processes.
  void collect(TimePoint now);
  // Gives the sockets up.
  void close() { sockets_ = {}; }

 private:
  struct Handover {
    client::Restart asked;
    TimePoint began;
    bool under_way = false;      // a successor was started
    std::uint64_t log_size = 0;  // before that
  };
  // A process that serves no newcomers any more.
  struct Leaving {
    ProcessId process;
    Duration grace;
    std::optional<TimePoint> since = {};  // told at that time
    bool hurried = false;                 // told again, when its grace was over
  };

  Result<void> prepare_sockets(TimePoint now);
  std::unexpected<Error> make_way(const Error& taken);
  void note_end(TimePoint now);
  void start(TimePoint now);

  void step_handover(TimePoint now);
  void start_successor(TimePoint now);
  void look_at_successor(TimePoint now);
  void promote(TimePoint now);
  void end_handover(TimePoint now, std::string problem);
  [[nodiscard]] std::string last_words() const;

  void end_successor();
  void let_go(ProcessId process, Duration grace);
  void step_leaving(TimePoint now);
  void save();

  const Parts& parts_;
  InstanceRecord& record_;
  Runner runner_;
  CaptureSockets sockets_;
  bool was_in_force_;
  std::optional<TimePoint> missing_since_;  // from its end until the next one is in force
  std::optional<Handover> handover_;
  std::uint64_t last_asked_ = 0;
  std::optional<client::RestartEnd> outcome_;
  std::vector<Leaving> leaving_;  // beside record_.draining
};

}  // namespace mortise::runtime
