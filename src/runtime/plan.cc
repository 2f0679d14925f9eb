#include "runtime/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/ids.h"
#include "runtime/layout.h"

namespace mortise::runtime {

namespace {

constexpr const char* kInject = "sidecar.istio.io/inject";
constexpr const char* kTlsMode = "security.istio.io/tlsMode";
// A Pod of `mortise run`: a place in the mesh without a program of its own.
constexpr const char* kHold = "mortise.dev/hold";

std::string value_of(const model::Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

// J-3: any other non-empty value means no.
bool is_yes(std::string value) {
  std::ranges::transform(value, value.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "y" || value == "yes" || value == "true" || value == "on";
}

// What declares instances: a Deployment, a Pod or a Job.
struct Source {
  const model::Meta& meta;
  const char* kind;
  const model::PodTemplate& pod;
  int replicas = 1;
};

void append(std::string& text, std::string_view part) {
  // Lengths keep "ab","c" apart from "a","bc".
  text += fmt::format("{}:{};", part.size(), part);
}

std::string hash_of(const model::PodTemplate& pod, const std::vector<ProgramSpec>& programs) {
  std::string text;
  for (const auto* map : {&pod.labels, &pod.annotations}) {
    for (const auto& [key, value] : *map) {
      append(text, key);
      append(text, value);
    }
    text += '|';
  }
  append(text, pod.service_account);
  for (const auto& program : programs) {
    append(text, program.container);
    for (const auto& word : program.argv) append(text, word);
    for (const auto& [name, value] : program.env) append(text, name + "=" + value);
    append(text, program.working_dir);
    append(text, program.uid ? std::to_string(*program.uid) : "");
    append(text, program.problem);
  }
  for (const auto& container : pod.containers)
    for (const auto& port : container.ports)
      append(text, fmt::format("{}/{}", port.name, port.port));
  return hashed_suffix(text, 10);
}

ProgramSpec program_of(const model::PodTemplate& pod, const model::Container& container,
                       const Images& images) {
  ProgramSpec program{.container = container.name,
                      .argv = {},
                      .env = container.env,
                      .working_dir = container.working_dir,
                      .uid = container.run_as_user ? container.run_as_user : pod.run_as_user,
                      .problem = {}};
  if (program.uid && is_reserved_uid(*program.uid)) {
    program.problem = fmt::format(
        "container {} asks for uid {}, which is reserved for sidecars: choose another runAsUser",
        container.name, *program.uid);
  }
  auto command = images.command_of(container);
  if (command) {
    program.argv = *std::move(command);
  } else if (value_of(pod.annotations, kHold) != "true") {
    program.problem = command.error().what();
  }
  return program;
}

// Everything of an instance but its name.
WorkloadSpec template_of(const Source& source, const Inventory& inventory, const Images& images) {
  WorkloadSpec spec;
  spec.namespace_name = source.meta.ref.namespace_name;
  spec.owner = source.meta.ref.name;
  spec.owner_kind = source.kind;
  spec.service_account = source.pod.service_account;
  spec.labels = source.pod.labels;
  spec.runs_once = spec.owner_kind == "Job";
  for (const auto& container : source.pod.containers) {
    // An already injected manifest: its sidecar is ours to make (J-6).
    if (container.name == "istio-proxy") continue;
    spec.programs.push_back(program_of(source.pod, container, images));
    spec.ports.insert(spec.ports.end(), container.ports.begin(), container.ports.end());
  }
  model::Labels namespace_labels;
  for (const auto& space : inventory.namespaces)
    if (space.meta.ref.name == spec.namespace_name) namespace_labels = space.meta.labels;
  spec.has_sidecar = wants_sidecar(namespace_labels, spec.namespace_name, source.pod);
  // M-10, M-11: the label decides; the injector writes it where it is not set.
  if (spec.has_sidecar) spec.labels.try_emplace(kTlsMode, "istio");
  spec.tls_mode = value_of(spec.labels, kTlsMode);
  spec.hash = hash_of(source.pod, spec.programs);
  if (spec.owner_kind == "Deployment") spec.labels.try_emplace("pod-template-hash", spec.hash);
  return spec;
}

std::string name_of(const WorkloadSpec& spec, Random& random) {
  if (spec.owner_kind == "Pod") return spec.owner;
  // A pod's name is a host name too: at most 63 characters.
  const bool hashed = spec.owner_kind == "Deployment";
  const auto base = spec.owner.substr(0, hashed ? 46 : 57);
  const auto suffix = random_suffix(random, 5);
  return hashed ? fmt::format("{}-{}-{}", base, spec.hash, suffix)
                : fmt::format("{}-{}", base, suffix);
}

void plan_source(const Source& source, const WorkloadSpec& wanted, std::vector<const Existing*> own,
                 Random& random, Plan& result) {
  std::ranges::sort(own, [](const Existing* left, const Existing* right) {
    if (left->ready != right->ready) return left->ready;
    return left->spec->name < right->spec->name;
  });
  int kept = 0;
  int kept_ready = 0;
  std::vector<const Existing*> outdated;
  for (const auto* instance : own) {
    if (instance->spec->hash != wanted.hash) {
      outdated.push_back(instance);
    } else if (kept == source.replicas) {
      result.remove.insert(instance->spec->key());
    } else {
      ++kept;
      kept_ready += instance->ready ? 1 : 0;
    }
  }
  const bool replaced = kept_ready == source.replicas;
  const bool may_overlap = wanted.owner_kind == "Deployment";
  for (const auto* instance : outdated)
    if (replaced || !may_overlap || !instance->ready) result.remove.insert(instance->spec->key());
  // A Pod keeps its name, so the old one must be gone first; a Job's run must not overlap.
  if (!may_overlap && !outdated.empty()) return;
  for (; kept < source.replicas; ++kept) {
    auto spec = wanted;
    spec.name = name_of(spec, random);
    result.create.push_back(std::move(spec));
  }
}

}  // namespace

bool wants_sidecar(const model::Labels& namespace_labels, const std::string& namespace_name,
                   const model::PodTemplate& pod) {
  if (namespace_name == "kube-system" || namespace_name == "kube-public") return false;  // J-2
  const auto space = value_of(namespace_labels, "istio-injection");
  if (space == "disabled") return false;
  const auto label = value_of(pod.labels, kInject);
  if (space != "enabled") return label == "true";
  if (label == "true" || label == "false") return label == "true";
  const auto annotation = value_of(pod.annotations, kInject);
  return annotation.empty() || is_yes(annotation);
}

Plan plan(const Inventory& inventory, const Images& images, std::span<const Existing> existing,
          Random& random) {
  std::vector<Source> sources;
  sources.reserve(inventory.deployments.size() + inventory.pods.size() + inventory.jobs.size());
  for (const auto& object : inventory.deployments)
    sources.push_back({object.meta, "Deployment", object.pod, std::max(object.replicas, 0)});
  for (const auto& object : inventory.pods) sources.push_back({object.meta, "Pod", object.pod});
  for (const auto& object : inventory.jobs) sources.push_back({object.meta, "Job", object.pod});

  Plan result;
  std::set<std::string> owned;
  for (const auto& source : sources) {
    const auto wanted = template_of(source, inventory, images);
    std::vector<const Existing*> own;
    for (const auto& instance : existing) {
      const auto& spec = *instance.spec;
      if (spec.namespace_name == wanted.namespace_name && spec.owner == wanted.owner &&
          spec.owner_kind == wanted.owner_kind) {
        own.push_back(&instance);
        owned.insert(spec.key());
      }
    }
    plan_source(source, wanted, std::move(own), random, result);
  }
  for (const auto& instance : existing)
    if (!owned.contains(instance.spec->key())) result.remove.insert(instance.spec->key());
  return result;
}

}  // namespace mortise::runtime
