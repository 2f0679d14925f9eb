#include "runtime/reconciler.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "runtime/files.h"
#include "runtime/net/names.h"

namespace mortise::runtime {

namespace {

constexpr Duration kRetry = std::chrono::seconds(1);
constexpr Duration kQuiet = std::chrono::seconds(5);

}  // namespace

Reconciler::Reconciler(const Parts& parts, State& state, Random& random)
    : parts_(parts), state_(state), random_(random) {
  for (auto& [key, record] : state_.instances) adopt(record);
}

void Reconciler::adopt(InstanceRecord& record) {
  instances_.emplace(record.spec.key(), std::make_unique<Instance>(parts_, record));
}

// The switch, and the end of whatever an earlier life left without a record.
Result<void> Reconciler::open() {
  if (opened_) return {};
  CHECK_OK(parts_.network.open());
  std::set<std::string> known;
  for (const auto& [key, record] : state_.instances) known.insert(record.netns);
  for (const auto& name : parts_.network.homes()) {
    if (known.contains(name)) continue;
    parts_.log.info("removes " + name + ", which nobody remembers");
    parts_.processes.signal_inside(name, std::nullopt, SIGKILL);
    CHECK_OK(parts_.network.remove({name, -1}));
  }
  CHECK_OK(make_dir(parts_.layout.hosts_dir(), 0755));
  CHECK_OK(make_dir(parts_.layout.sidecars_dir(), 0711));
  opened_ = true;
  return {};
}

TimePoint Reconciler::step(TimePoint now) {
  if (opened_ && !parts_.network.is_open()) {
    parts_.log.warning("the switch was removed or changed by somebody else: it is made again");
    opened_ = false;
    for (auto& [key, instance] : instances_) instance->distrust();
  }
  for (const auto& made : {open(), opened_ ? apply_plan() : Result<void>(),
                           opened_ ? publish_names() : Result<void>()}) {
    if (made) continue;
    parts_.log.error(made.error().what());
    if (!opened_) return now + kRetry;
  }
  bool changed = false;
  auto next = now + kQuiet;
  for (auto& [key, instance] : instances_) {
    const bool was_ready = instance->ready();
    instance->step(now, service_rules_);
    changed |= instance->ready() != was_ready || instance->gone();
    next = std::min(next, instance->next_step(now));
  }
  if (changed) {
    if (const auto saved = parts_.save(); !saved) parts_.log.error(saved.error().what());
  }
  if (const auto forgotten = forget_gone(); !forgotten) parts_.log.error(forgotten.error().what());
  return changed ? now : next;
}

Result<void> Reconciler::apply_plan() {
  if (!inventory_) return {};
  std::vector<Existing> existing;
  for (const auto& [key, instance] : instances_)
    if (!instance->record().removing)
      existing.push_back({&instance->record().spec, instance->ready()});
  auto planned = plan(*inventory_, images_, existing, random_);
  for (const auto& key : planned.remove) {
    parts_.log.info(key + " is no longer wanted");
    state_.instances.at(key).removing = true;
  }
  bool changed = !planned.remove.empty();
  for (auto& spec : planned.create) {
    if (state_.instances.contains(spec.key())) continue;  // its namesake has to go first
    CHECK_OK(create(std::move(spec)));
    changed = true;
  }
  if (!changed) return {};
  return parts_.save();
}

Result<void> Reconciler::create(WorkloadSpec spec) {
  TRY(const int slot, state_.take_slot());
  InstanceRecord record;
  record.slot = slot;
  record.netns = free_netns_name(spec);
  record.programs.resize(spec.programs.size());
  record.spec = std::move(spec);
  auto key = record.spec.key();
  parts_.log.info(fmt::format("creates {} at {}", key, Layout::address(slot).to_string()));
  strangers_.erase(key);  // a registration of its name is its own from now on
  const auto [place, added] = state_.instances.emplace(std::move(key), std::move(record));
  adopt(place->second);
  return {};
}

// "a-b" + "c" and "a" + "b-c" read the same; the second one gets a number.
std::string Reconciler::free_netns_name(const WorkloadSpec& spec) const {
  const auto wanted = parts_.layout.workload_netns(spec.namespace_name, spec.name);
  auto name = wanted;
  const auto is_taken = [this, &name] {
    return name == parts_.layout.switch_netns() ||
           std::ranges::any_of(state_.instances,
                               [&name](const auto& entry) { return entry.second.netns == name; });
  };
  for (int number = 2; is_taken(); ++number) name = fmt::format("{}.{}", wanted, number);
  return name;
}

std::vector<model::Workload> Reconciler::workloads() const {
  std::vector<model::Workload> workloads;
  workloads.reserve(instances_.size());
  for (const auto& [key, instance] : instances_) workloads.push_back(instance->workload());
  return workloads;
}

Result<void> Reconciler::publish_names() {
  if (!inventory_) return {};
  const auto all = workloads();
  service_rules_ = runtime::service_rules(service_routes(inventory_->services, all));
  std::set<std::string> namespaces;
  for (const auto& workload : all) namespaces.insert(workload.namespace_name);
  for (const auto& name : namespaces) {
    const auto& domain = inventory_->cluster_domain;
    CHECK_OK(rewrite_file(parts_.layout.hosts_file(name),
                          hosts_text(name, domain, inventory_->services, all), 0644));
    CHECK_OK(rewrite_file(parts_.layout.resolver_file(name), resolver_text(name, domain), 0644));
  }
  return {};
}

Result<void> Reconciler::forget_gone() {
  bool changed = false;
  for (auto it = instances_.begin(); it != instances_.end();) {
    if (!it->second->gone()) {
      ++it;
      continue;
    }
    parts_.log.info(it->first + " is gone");
    const auto key = it->first;
    it = instances_.erase(it);  // before the record it borrows
    state_.instances.erase(key);
    changed = true;
  }
  return changed ? parts_.save() : Result<void>();
}

void Reconciler::set_workloads(const std::vector<client::WorkloadStatus>& workloads) {
  strangers_.clear();
  std::set<std::string> listed;
  for (const auto& status : workloads) {
    const auto key = status.registered.workload.key();
    listed.insert(key);
    const auto found = instances_.find(key);
    if (found == instances_.end()) {
      strangers_.insert(key);
    } else if (status.sidecar) {
      found->second->set_sidecar(*status.sidecar);
    }
  }
  for (auto& [key, instance] : instances_)
    if (!listed.contains(key)) instance->forget_registration();
}

std::vector<client::Registration> Reconciler::unregistered() const {
  std::vector<client::Registration> result;
  for (const auto& [key, instance] : instances_)
    if (auto wanted = instance->unregistered()) result.push_back(*std::move(wanted));
  return result;
}

void Reconciler::registered(const client::Registration& as) {
  const auto found = instances_.find(as.workload.key());
  if (found != instances_.end()) found->second->set_registered(as);
}

std::vector<std::string> Reconciler::departing() const {
  std::vector<std::string> keys;
  for (const auto& [key, instance] : instances_)
    if (instance->wants_deregistration()) keys.push_back(key);
  return keys;
}

void Reconciler::departed(const std::string& key) {
  strangers_.erase(key);
  const auto found = instances_.find(key);
  if (found != instances_.end()) found->second->set_deregistered();
}

bool Reconciler::awaits_sidecars() const {
  return std::ranges::any_of(instances_,
                             [](const auto& entry) { return entry.second->awaits_sidecar(); });
}

void Reconciler::hand_over(const std::vector<client::Restart>& asked, TimePoint now) {
  for (const auto& restart : asked) {
    const auto found = instances_.find(restart.workload);
    if (found != instances_.end()) found->second->hand_over(restart, now);
  }
}

std::vector<client::RestartEnd> Reconciler::handed_over() {
  std::vector<client::RestartEnd> ends;
  for (auto& [key, instance] : instances_)
    if (auto end = instance->handed_over()) ends.push_back(*std::move(end));
  return ends;
}

void Reconciler::forget_registrations() {
  for (auto& [key, instance] : instances_) instance->forget_registration();
}

}  // namespace mortise::runtime
