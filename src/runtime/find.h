// runtime/find.h — the instance a person means, from the supervisor's record.
#pragma once

#include "runtime/layout.h"
#include "runtime/state.h"

namespace mortise::runtime {

// By the pod's name, else the first instance of that Deployment, Pod or Job; running ones first.
// not_found names what there is; unavailable: what there is of it is being removed.
Result<InstanceRecord> find_instance(const Layout& layout, const std::string& namespace_name,
                                     const std::string& workload);
Result<InstanceRecord> find_instance(const State& state, const std::string& namespace_name,
                                     const std::string& workload);

}  // namespace mortise::runtime
