// control/registry/admission.h — what is let into the mesh: a whole batch of objects or none of
// it, with every reason found at once. Pure: the registry and the batch in, a plan out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/registry/registry.h"

namespace mortise::control::registry {

// Who asks, when, and why; goes into the history.
struct Asked {
  std::int64_t seconds = 0;  // since 1970
  std::string author;
  std::string reason;
  bool force = false;  // admit what an older object of equal rank makes void (semantics K-19)
};

Planned plan_apply(const Registry& registry, std::vector<manifest::Object> objects,
                   const Asked& asked);

// For our own verbs: these objects added or replaced and those removed, in one change.
Planned plan_edit(const Registry& registry, std::vector<manifest::Object> objects,
                  const std::vector<model::ObjectRef>& removed, const Asked& asked);

// Deleting a namespace deletes everything in it. Refs that are not there are noted; when none of
// them is there, that is Code::not_found.
Planned plan_delete(const Registry& registry, const std::vector<model::ObjectRef>& refs,
                    const Asked& asked);

// Registering is idempotent: an equal record plans nothing. All of them or none.
Planned plan_workloads(const Registry& registry, std::vector<WorkloadRecord> records,
                       const Asked& asked);
Planned plan_workload_removal(const Registry& registry, const std::string& key, const Asked& asked);

}  // namespace mortise::control::registry
