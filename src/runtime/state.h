// runtime/state.h — what the supervisor remembers across its own death, in runtime.json: the
// instances with their slots and process ids. Written before a process runs, never after.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/plan.h"

namespace mortise::runtime {

// A process, and not another one that got its number later.
struct ProcessId {
  int pid = 0;                   // 0: none
  std::uint64_t start_time = 0;  // clock ticks since boot, /proc/PID/stat

  [[nodiscard]] bool valid() const { return pid > 0; }
  friend auto operator<=>(const ProcessId&, const ProcessId&) = default;
};

struct ProgramRecord {
  ProcessId process;
  int restarts = 0;
  bool completed = false;  // ended with success and stays ended (Jobs)
  friend bool operator==(const ProgramRecord&, const ProgramRecord&) = default;
};

struct InstanceRecord {
  WorkloadSpec spec;
  int slot = 0;
  std::string netns;
  bool removing = false;
  bool ready = false;  // callers are sent to it; so after a takeover, until a look says otherwise
  ProcessId sidecar;
  ProcessId successor;              // started beside it, and not in force yet
  std::vector<ProcessId> draining;  // those before it, which finish what is going on
  int sidecar_restarts = 0;
  std::vector<ProgramRecord> programs;  // beside spec.programs
  friend bool operator==(const InstanceRecord&, const InstanceRecord&) = default;
};

struct State {
  int next_slot = 0;  // where the search for a free slot begins, so that none is reused at once
  bool made_netns_mount = false;  // /run/netns became a mount point because of us
  ProcessId control;
  std::map<std::string, InstanceRecord> instances;  // by key

  // exhausted: the mesh is full.
  Result<int> take_slot();
  friend bool operator==(const State&, const State&) = default;
};

std::string encode(const State& state);
// invalid: not ours or damaged; what is running is then found by the names of its namespaces.
Result<State> decode_state(std::string_view text);

// A missing file is an empty state. Saving replaces the file in one step, mode 0600.
Result<State> load_state(const std::string& path);
Result<void> save_state(const std::string& path, const State& state);

}  // namespace mortise::runtime
