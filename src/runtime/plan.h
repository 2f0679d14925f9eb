// runtime/plan.h — which workloads shall exist, from the declared objects and those that exist.
// Pure: the same facts and the same random numbers give the same plan.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/workload.h"
#include "runtime/images.h"

namespace mortise::runtime {

// What the control plane was told to run.
struct Inventory {
  std::string cluster_domain = "cluster.local";
  std::vector<model::Namespace> namespaces;
  std::vector<model::Service> services;
  std::vector<model::Deployment> deployments;
  std::vector<model::Pod> pods;
  std::vector<model::Job> jobs;
};

// One container as a host program.
struct ProgramSpec {
  std::string container;
  std::vector<std::string> argv;  // empty: nothing to run
  std::vector<std::pair<std::string, std::string>> env;
  std::string working_dir;
  std::optional<std::uint32_t> uid;  // runAsUser
  std::string problem;               // why it cannot be started; empty: it can
  friend bool operator==(const ProgramSpec&, const ProgramSpec&) = default;
};

// One instance to run. Fixed for its life: a change is another instance.
struct WorkloadSpec {
  std::string namespace_name;
  std::string name;  // "httpbin-dcd9b4989f-5cndk"
  std::string owner;
  std::string owner_kind;  // Deployment, Pod or Job
  std::string hash;        // of the template: a new template is a new instance
  std::string service_account;
  model::Labels labels;
  std::vector<model::ContainerPort> ports;
  std::string tls_mode;
  bool has_sidecar = false;
  bool runs_once = false;  // a Job's: it ends
  std::vector<ProgramSpec> programs;

  [[nodiscard]] std::string key() const { return namespace_name + "/" + name; }
  friend bool operator==(const WorkloadSpec&, const WorkloadSpec&) = default;
};

// An instance that exists already and is not being removed.
struct Existing {
  const WorkloadSpec* spec = nullptr;
  bool ready = false;
};

struct Plan {
  std::vector<WorkloadSpec> create;
  std::set<std::string> remove;  // keys
};

// Keeps what fits, so that names stay. A Deployment's old instances stay until as many new ones
// are ready, unless they are not ready themselves.
Plan plan(const Inventory& inventory, const Images& images, std::span<const Existing> existing,
          Random& random);

// Whether a pod gets a sidecar (semantics K-13, J-2..J-5).
bool wants_sidecar(const model::Labels& namespace_labels, const std::string& namespace_name,
                   const model::PodTemplate& pod);

}  // namespace mortise::runtime
