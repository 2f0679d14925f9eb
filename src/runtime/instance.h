// runtime/instance.h — one workload on this host: its network, rules, sidecar and programs, driven
// step by step towards running, or towards being gone.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "runtime/sidecar.h"

namespace mortise::runtime {

class Instance {
 public:
  // The record lives in the state, under the same owner.
  Instance(const Parts& parts, InstanceRecord& record);

  // Does what can be done now; never waits for another process. `service_rules`: see rules.h;
  // empty: not known yet, those in force stay.
  void step(TimePoint now, const std::string& service_rules);
  // When the next step has something to do by itself; sooner if a process ends.
  [[nodiscard]] TimePoint next_step(TimePoint now) const;

  // What was built may be gone: the next step looks and builds again what is missing.
  void distrust() { built_ = false; }

  // The control plane's answers.
  void set_registered(const client::Registration& as) { registered_ = as; }
  void set_deregistered() { deregistered_ = true; }
  void forget_registration() { registered_.reset(); }
  void set_sidecar(const client::SidecarStatus& status);

  // What was asked of its sidecar, and what became of it; once.
  void hand_over(const client::Restart& asked, TimePoint now) { sidecar_.hand_over(asked, now); }
  std::optional<client::RestartEnd> handed_over() { return sidecar_.handed_over(); }

  // What the control plane should know and does not; nothing if it knows all.
  [[nodiscard]] std::optional<client::Registration> unregistered() const;
  [[nodiscard]] bool wants_deregistration() const { return record_.removing && !deregistered_; }
  [[nodiscard]] bool awaits_sidecar() const;
  [[nodiscard]] bool ready() const { return record_.ready; }
  [[nodiscard]] bool gone() const { return gone_; }
  [[nodiscard]] const InstanceRecord& record() const { return record_; }
  [[nodiscard]] model::Workload workload() const;

 private:
  void look_at_home(TimePoint now);
  Result<void> build(const std::string& service_rules);
  Result<void> reclaim_or_leave_home();
  [[nodiscard]] ProcessId inhabitant() const;
  Result<void> apply_rules(std::string& in_force, const std::string& wanted);
  void run_sidecar(TimePoint now);
  void run_programs(TimePoint now);
  void look_at_readiness(TimePoint now);
  [[nodiscard]] std::string what_is_missing(TimePoint now);
  void leave(TimePoint now);
  Result<void> demolish();
  [[nodiscard]] Home home() const { return {record_.netns, record_.slot}; }
  [[nodiscard]] bool completed() const;

  const Parts& parts_;
  InstanceRecord& record_;
  Sidecar sidecar_;
  std::deque<Runner> programs_;
  std::vector<std::string> last_ends_;  // beside programs_: how each ended last, and its last line

  bool built_ = false;
  std::string trouble_;  // of build()
  TimePoint build_at_;
  std::string capture_in_force_;
  std::string services_in_force_;
  std::uint32_t rules_generation_ = 0;  // after our last change
  TimePoint looked_at_home_;
  std::string state_;
  TimePoint watch_closely_until_;
  std::optional<client::Registration> registered_;

  bool deregistered_ = false;
  std::optional<TimePoint> leaving_since_;
  bool gone_ = false;
};

}  // namespace mortise::runtime
