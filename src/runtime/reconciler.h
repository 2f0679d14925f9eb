// runtime/reconciler.h — makes this host agree with what was declared: plans instances, gives them
// slots, keeps names and service addresses current, and steps every instance. No waiting inside.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/instance.h"

namespace mortise::runtime {

class Reconciler {
 public:
  // `state` is what an earlier supervisor left; running instances in it are taken over.
  Reconciler(const Parts& parts, State& state, Random& random);

  void set_inventory(Inventory inventory) { inventory_ = std::move(inventory); }
  void set_images(Images images) { images_ = std::move(images); }
  // What the control plane says is registered; those that are not ours any more are named by
  // strangers().
  void set_workloads(const std::vector<client::WorkloadStatus>& workloads);

  // One pass. When the next one has something to do by itself; `now` if at once.
  TimePoint step(TimePoint now);

  // What has to be told to the control plane, and its answers.
  [[nodiscard]] std::vector<client::Registration> unregistered() const;
  void registered(const client::Registration& as);
  [[nodiscard]] std::vector<std::string> departing() const;  // keys
  void departed(const std::string& key);
  [[nodiscard]] const std::set<std::string>& strangers() const { return strangers_; }
  [[nodiscard]] bool awaits_sidecars() const;
  // Restarts of sidecars that somebody waits for, and what became of those that have ended.
  void hand_over(const std::vector<client::Restart>& asked, TimePoint now);
  std::vector<client::RestartEnd> handed_over();
  // After the control plane came back: it may have forgotten.
  void forget_registrations();

 private:
  Result<void> open();
  void adopt(InstanceRecord& record);
  Result<void> apply_plan();
  Result<void> create(WorkloadSpec spec);
  [[nodiscard]] std::string free_netns_name(const WorkloadSpec& spec) const;
  Result<void> publish_names();
  [[nodiscard]] std::vector<model::Workload> workloads() const;
  Result<void> forget_gone();

  const Parts& parts_;
  State& state_;
  Random& random_;
  bool opened_ = false;
  std::optional<Inventory> inventory_;
  Images images_{{}};
  std::map<std::string, std::unique_ptr<Instance>> instances_;
  std::set<std::string> strangers_;
  std::string service_rules_;  // empty until the first inventory
};

}  // namespace mortise::runtime
