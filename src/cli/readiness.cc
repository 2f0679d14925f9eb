#include "cli/readiness.h"

#include <fmt/format.h>

#include <optional>

#include "manifest/manifest.h"

namespace mortise::cli {
namespace {

constexpr std::int64_t kProbationSeconds = 10;

// How many instances an object wants; nothing for kinds that run no program.
std::optional<int> instances_wanted(const client::Object& object) {
  const auto& kind = object.ref.kind;
  if (kind == "Pod" || kind == "Job") return 1;
  if (kind != "Deployment") return std::nullopt;
  const auto restored = manifest::restore(object.json);
  if (!restored) return 1;
  const auto* deployment = std::get_if<model::Deployment>(&restored->value);
  return deployment != nullptr ? deployment->replicas : 1;
}

bool belongs_to(const model::Workload& workload, const model::ObjectRef& owner) {
  return workload.namespace_name == owner.namespace_name && workload.owner == owner.name &&
         workload.owner_kind == owner.kind;
}

// Empty: this instance is all there.
std::string what_it_lacks(const client::WorkloadStatus& status) {
  const auto& workload = status.registered.workload;
  const auto& state = status.registered.state;
  if (workload.owner_kind == "Job" && state == "Completed") return "";
  if (!workload.ready) return state == "Running" ? "its program is not ready yet" : state;
  // It may be there by chance, between two of its ends.
  if (status.registered.restarts > 0 && status.age_seconds < kProbationSeconds) {
    return fmt::format("it was restarted {} times within {} s", status.registered.restarts,
                       status.age_seconds);
  }
  if (!workload.has_sidecar) return "";
  if (!status.sidecar || !status.sidecar->connected) return "its sidecar has not connected yet";
  if (!status.sidecar->synced) {
    return fmt::format("its sidecar is still at revision {}", status.sidecar->revision);
  }
  return "";
}

}  // namespace

std::vector<Unready> unready(const std::vector<client::Object>& objects,
                             const std::vector<client::WorkloadStatus>& workloads) {
  std::vector<Unready> found;
  for (const auto& object : objects) {
    const auto wanted = instances_wanted(object);
    if (!wanted) continue;
    int there = 0;
    for (const auto& status : workloads) {
      if (!belongs_to(status.registered.workload, object.ref)) continue;
      ++there;
      const auto lacks = what_it_lacks(status);
      if (!lacks.empty()) found.push_back({status.registered.workload.key(), lacks});
    }
    if (there < *wanted) {
      found.push_back({object.ref.namespace_name + "/" + object.ref.name,
                       fmt::format("{} of {} workloads exist", there, *wanted)});
    }
  }
  return found;
}

}  // namespace mortise::cli
