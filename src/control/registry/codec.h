// control/registry/codec.h — the registry's values in the form the store keeps them, and back.
#pragma once

#include <string>

#include "control/registry/change.h"
#include "control/store/store.h"

namespace mortise::control::registry {

class Registry;

Result<manifest::Object> restore_object(const store::StoredObject& stored);

std::string encode_workload(const WorkloadRecord& record);
Result<WorkloadRecord> decode_workload(const std::string& text);

// `before` is the registry that the change has not been applied to: the history keeps both sides.
store::Change to_stored(const Change& change, const Registry& before);

}  // namespace mortise::control::registry
