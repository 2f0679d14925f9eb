#include "control/registry/admission.h"

#include <algorithm>
#include <map>

#include "control/registry/addresses.h"
#include "control/registry/notes.h"
#include "control/registry/rank.h"
#include "policy/validate.h"

namespace mortise::control::registry {
namespace {

using Problems = std::vector<manifest::Problem>;

// What policy/ refuses about one object by itself.
struct Validate {
  using Found = std::vector<policy::Problem>;
  Found operator()(const manifest::MeshConfig& mesh) const {
    return policy::validate(mesh.settings);
  }
  Found operator()(const auto& value) const {
    if constexpr (requires { policy::validate(value); }) return policy::validate(value);
    return {};
  }
};

// Nothing of a namespace that nobody created.
void check_namespace(const manifest::Object& object, const Registry& registry,
                     const std::set<std::string>& created, Problems& problems) {
  const auto& name = object.ref().namespace_name;
  if (name.empty() || registry.has_namespace(name) || created.contains(name)) return;
  problems.push_back(manifest::locate(
      object, "metadata.namespace",
      "there is no namespace " + name + ": create it first with `mortise create namespace " + name +
          "`, or put a Namespace object into the same files"));
}

void check_tls(const manifest::Object& object, const std::optional<model::TrafficPolicy>& policy,
               const std::string& field, Problems& problems) {
  if (!policy || !policy->tls) return;
  const auto mode = policy->tls->mode;
  if (mode == model::ClientTlsMode::disable || mode == model::ClientTlsMode::istio_mutual) return;
  problems.push_back(manifest::locate(
      object, field + ".tls.mode",
      "tls mode " + std::string(model::to_string(mode)) +
          " is not carried yet: ISTIO_MUTUAL and DISABLE are; without `tls` auto mTLS decides"));
}

// A rule that the proxies could not follow must not look as if they did.
void check_carried(const manifest::Object& object, Problems& problems) {
  const auto* rule = std::get_if<model::DestinationRule>(&object.value);
  if (!rule) return;
  const std::string ports = "spec.trafficPolicy.portLevelSettings";
  check_tls(object, rule->policy, "spec.trafficPolicy", problems);
  for (const auto& [port, policy] : rule->port_policies) {
    check_tls(object, policy, ports, problems);
  }
  for (std::size_t index = 0; index < rule->subsets.size(); ++index) {
    const auto& subset = rule->subsets[index];
    const std::string field = "spec.subsets[" + std::to_string(index) + "].trafficPolicy";
    check_tls(object, subset.policy, field, problems);
    for (const auto& [port, policy] : subset.port_policies) {
      check_tls(object, policy, field + ".portLevelSettings", problems);
    }
  }
}

// Certificates that workloads hold name the trust domain they were issued under.
void check_trust_domain(const manifest::Object& object, const Registry& registry,
                        Problems& problems) {
  const auto* mesh = std::get_if<manifest::MeshConfig>(&object.value);
  if (!mesh || mesh->settings.trust_domain == registry.settings().trust_domain) return;
  const bool in_use = std::ranges::any_of(
      registry.workloads(), [](const auto& entry) { return entry.second.workload.has_sidecar; });
  if (!in_use) return;
  problems.push_back(manifest::locate(object, "spec.trustDomain",
                                      "the trust domain is " + registry.settings().trust_domain +
                                          " and cannot change while workloads with sidecars run"));
}

void check_written_once(const std::vector<manifest::Object>& objects, Problems& problems) {
  std::set<model::ObjectRef> seen;
  for (const auto& object : objects) {
    if (seen.insert(object.ref()).second) continue;
    problems.push_back(
        manifest::locate(object, "metadata.name", object.ref().to_string() + " is written twice"));
  }
}

Problems check_each(const Registry& registry, const std::vector<manifest::Object>& objects) {
  std::set<std::string> created;
  for (const auto& object : objects) {
    if (object.ref().kind == "Namespace") created.insert(object.ref().name);
  }
  Problems problems;
  check_written_once(objects, problems);
  for (const auto& object : objects) {
    check_namespace(object, registry, created, problems);
    for (const auto& problem : std::visit(Validate{}, object.value)) {
      problems.push_back(manifest::locate(object, problem.field, problem.message));
    }
    check_carried(object, problems);
    check_trust_domain(object, registry, problems);
  }
  return problems;
}

std::string sentence_of(const Problems& problems) {
  std::string sentence = problems.front().to_string();
  if (problems.size() > 1) {
    sentence += " (and " + std::to_string(problems.size() - 1) + " more)";
  }
  return sentence + "; nothing was applied";
}

// Age: what the first apply gave stays, whatever later files say.
void set_age(manifest::Object& object, const manifest::Object* known, std::uint64_t& order,
             std::int64_t now) {
  auto& meta = object.meta();
  if (known) {
    meta.created_seconds = known->meta().created_seconds;
    meta.created_order = known->meta().created_order;
    return;
  }
  if (meta.created_seconds == 0) meta.created_seconds = now;
  meta.created_order = order++;
}

After view_after(const Registry& registry, const Change& change) {
  After after;
  for (const auto& [ref, object] : registry.objects()) after.emplace(ref, &object);
  for (const auto& ref : change.removed) after.erase(ref);
  for (const auto& object : change.put) after.insert_or_assign(object.ref(), &object);
  return after;
}

Problems find_void(const Registry& registry, const std::vector<manifest::Object>& put,
                   const After& after) {
  Problems problems;
  for (const auto& object : put) {
    if (const auto silenced = find_silenced(object, after, registry)) {
      problems.push_back(manifest::locate(object, silenced->field, silenced->message));
    }
  }
  return problems;
}

// A service that leads nowhere is nearly always a label mistyped (ARCHITECTURE.md, invariant 9).
Problems find_empty(const Registry& registry, const std::vector<manifest::Object>& put,
                    const After& after) {
  Problems problems;
  for (const auto& object : put) {
    const auto* service = std::get_if<model::Service>(&object.value);
    if (service == nullptr || meets_workload(*service, after, registry)) continue;
    problems.push_back(manifest::locate(
        object, "spec.selector",
        "no workload has these labels: declare its Deployment, Pod or Job in the same command or "
        "before, or use --force to keep a service without endpoints"));
  }
  return problems;
}

Change begin(const Asked& asked) {
  Change change;
  change.seconds = asked.seconds;
  change.author = asked.author;
  change.reason = asked.reason;
  return change;
}

}  // namespace

Planned plan_apply(const Registry& registry, std::vector<manifest::Object> objects,
                   const Asked& asked) {
  return plan_edit(registry, std::move(objects), {}, asked);
}

Planned plan_edit(const Registry& registry, std::vector<manifest::Object> objects,
                  const std::vector<model::ObjectRef>& removed, const Asked& asked) {
  if (const auto problems = check_each(registry, objects); !problems.empty()) {
    return refuse(Code::invalid, sentence_of(problems), problems);
  }
  Plan plan;
  plan.change = begin(asked);
  plan.change.removed = removed;
  for (const auto& ref : removed) plan.objects.push_back({ref.to_string(), "deleted"});
  auto order = registry.next_order();
  for (auto& object : objects) {
    const auto* known = registry.find(object.ref());
    const bool same = known && known->content == object.content;
    plan.objects.push_back({object.ref().to_string(), same    ? "unchanged"
                                                      : known ? "configured"
                                                              : "created"});
    if (same) continue;
    set_age(object, known, order, asked.seconds);
    plan.change.put.push_back(std::move(object));
  }
  const auto after = view_after(registry, plan.change);
  if (!asked.force) {
    const auto empty = find_empty(registry, plan.change.put, after);
    if (!empty.empty()) return refuse(Code::invalid, sentence_of(empty), empty);
    const auto problems = find_void(registry, plan.change.put, after);
    if (!problems.empty()) return refuse(Code::conflict, sentence_of(problems), problems);
  }
  for (const auto& object : plan.change.put) {
    for (auto& note : notes_on(object, after, registry)) plan.notes.push_back(std::move(note));
  }
  if (const auto assigned = assign_addresses(registry, plan.change); !assigned) {
    return refuse(assigned.error().code(), assigned.error().what());
  }
  return plan;
}

Planned plan_delete(const Registry& registry, const std::vector<model::ObjectRef>& refs,
                    const Asked& asked) {
  Plan plan;
  plan.change = begin(asked);
  std::set<model::ObjectRef> removed;
  for (const auto& ref : refs) {
    if (ref.kind == "Namespace" && registry.is_permanent(ref.name)) {
      return refuse(Code::denied, "the namespace " + ref.name +
                                      " is always there: delete the objects in it instead");
    }
    if (!registry.find(ref)) {
      plan.notes.push_back(ref.to_string() + " was not there");
      continue;
    }
    removed.insert(ref);
    if (ref.kind != "Namespace") continue;
    for (const auto& [other, object] : registry.objects()) {
      if (other.namespace_name == ref.name) removed.insert(other);
    }
  }
  if (removed.empty()) {
    return refuse(Code::not_found,
                  plan.notes.empty() ? "nothing to delete was named" : plan.notes.front());
  }
  for (const auto& ref : removed) plan.objects.push_back({ref.to_string(), "deleted"});
  plan.change.removed.assign(removed.begin(), removed.end());
  if (const auto assigned = assign_addresses(registry, plan.change); !assigned) {
    return refuse(assigned.error().code(), assigned.error().what());
  }
  return plan;
}

Planned plan_workloads(const Registry& registry, std::vector<WorkloadRecord> records,
                       const Asked& asked) {
  Plan plan;
  plan.change = begin(asked);
  std::map<IpAddress, std::string> owners;
  for (auto& record : records) {
    const auto key = record.workload.key();
    const auto& address = record.workload.address;
    auto other = registry.workload_at(address);
    if (other.empty() || other == key) other = owners.emplace(address, key).first->second;
    if (other != key) {
      return refuse(Code::conflict, "the address " + address.to_string() + " is " + other +
                                        "'s, and not free for " + key);
    }
    const auto* known = registry.workload(key);
    record.created_seconds = known ? known->created_seconds : asked.seconds;
    if (!known || *known != record) plan.change.put_workloads.push_back(std::move(record));
  }
  return plan;
}

Planned plan_workload_removal(const Registry& registry, const std::string& key,
                              const Asked& asked) {
  if (!registry.workload(key)) return refuse(Code::not_found, "there is no workload " + key);
  Plan plan;
  plan.change = begin(asked);
  plan.change.removed_workloads.push_back(key);
  return plan;
}

}  // namespace mortise::control::registry
