#include "runtime/find.h"

#include <fmt/format.h>

#include <algorithm>

namespace mortise::runtime {

namespace {

bool is_running(const InstanceRecord& instance) {
  return std::ranges::all_of(instance.programs,
                             [](const ProgramRecord& program) { return program.process.valid(); });
}

std::string names_in(const State& state, const std::string& namespace_name) {
  std::string names;
  for (const auto& [key, instance] : state.instances)
    if (instance.spec.namespace_name == namespace_name)
      names += (names.empty() ? "" : ", ") + instance.spec.name;
  return names.empty() ? "none" : names;
}

}  // namespace

Result<InstanceRecord> find_instance(const State& state, const std::string& namespace_name,
                                     const std::string& workload) {
  const InstanceRecord* best = nullptr;
  bool is_ending = false;
  for (const auto& [key, instance] : state.instances) {
    if (instance.spec.namespace_name != namespace_name) continue;
    if (instance.removing) {
      is_ending |= instance.spec.name == workload || instance.spec.owner == workload;
      continue;
    }
    if (instance.spec.name == workload) return instance;
    if (instance.spec.owner != workload) continue;
    if (best == nullptr || (!is_running(*best) && is_running(instance))) best = &instance;
  }
  if (best != nullptr) return *best;
  if (is_ending)
    return fail(Code::unavailable,
                fmt::format("workload \"{}\" in namespace {} is ending; if it was declared again, "
                            "its next instance starts after that: try again in a moment",
                            workload, namespace_name));
  return fail(Code::not_found,
              fmt::format("no workload \"{}\" in namespace {} (there are: {}); see `mortise get "
                          "pods -A`",
                          workload, namespace_name, names_in(state, namespace_name)));
}

Result<InstanceRecord> find_instance(const Layout& layout, const std::string& namespace_name,
                                     const std::string& workload) {
  TRY(const auto state, load_state(layout.state_file()));
  return find_instance(state, namespace_name, workload);
}

}  // namespace mortise::runtime
