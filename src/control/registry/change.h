// control/registry/change.h — one change of the mesh as values: what is added, replaced and
// removed, by whom and why. Planned against the registry, committed to the store, then applied.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "manifest/manifest.h"
#include "model/workload.h"

namespace mortise::control::registry {

// A workload as the runtime registered it.
struct WorkloadRecord {
  model::Workload workload;
  std::string state;  // "Running", or what keeps it from running
  int restarts = 0;
  std::int64_t created_seconds = 0;
  friend bool operator==(const WorkloadRecord&, const WorkloadRecord&) = default;
};

struct Change {
  std::vector<manifest::Object> put;
  std::vector<model::ObjectRef> removed;
  std::vector<WorkloadRecord> put_workloads;
  std::vector<std::string> removed_workloads;      // "NS/NAME"
  std::map<std::string, IpAddress> put_addresses;  // of services, by "NS/NAME"
  std::vector<std::string> removed_addresses;
  std::map<std::string, std::string> settings;
  std::int64_t seconds = 0;
  std::string author;
  std::string reason;

  [[nodiscard]] bool empty() const {
    return put.empty() && removed.empty() && put_workloads.empty() && removed_workloads.empty() &&
           put_addresses.empty() && removed_addresses.empty() && settings.empty();
  }
};

// Why a change was not taken; `problems` say where in whose file.
struct Refusal {
  Code code = Code::invalid;
  std::string sentence;
  std::vector<manifest::Problem> problems;
};

struct ObjectAction {
  std::string ref;     // "Policy/full/httpbin"
  std::string action;  // created, configured, unchanged, deleted
  friend bool operator==(const ObjectAction&, const ObjectAction&) = default;
};

struct Plan {
  Change change;
  std::vector<ObjectAction> objects;
  std::vector<std::string> notes;
};

using Planned = std::expected<Plan, Refusal>;

inline std::unexpected<Refusal> refuse(Code code, std::string sentence,
                                       std::vector<manifest::Problem> problems = {}) {
  return std::unexpected(Refusal{code, std::move(sentence), std::move(problems)});
}

}  // namespace mortise::control::registry
