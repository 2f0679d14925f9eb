#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manifest/builder.h"
#include "manifest/decode.h"
#include "manifest/ignored.h"
#include "manifest/variables.h"
#include "model/names.h"

namespace mortise::manifest {

namespace {

constexpr std::uint32_t kSidecarUid = 1337;  // what the field's manifests use for sidecars (J-24)

// What execve(2) takes: one argument or variable, and all of them together. Nothing longer can run.
constexpr std::size_t kMaxText = 131'071;
constexpr std::size_t kMaxTexts = 1024 * 1024;
constexpr std::size_t kMaxVariables = 1000;

// Fills in the variables of one container's texts, as long as they stay within what can run.
class Expansion {
 public:
  explicit Expansion(const model::Container& container) : container_(container) {}

  std::string operator()(const std::string& text, Fields& fields, std::string_view name) {
    auto expanded = expand(text, container_.env, std::min(kMaxText, left_));
    if (!expanded) {
      if (!std::exchange(refused_, true)) {
        fields.problem(name, "is longer than what a program can be started with");
      }
      return {};
    }
    left_ -= std::min(left_, expanded->size());
    return *std::move(expanded);
  }

 private:
  const model::Container& container_;
  std::size_t left_ = kMaxTexts;
  bool refused_ = false;
};

std::optional<std::uint32_t> run_as_user(Fields& parent) {
  auto context = parent.map("securityContext");
  if (!context) return std::nullopt;
  const auto uid = context->integer("runAsUser", 0, 0xFFFF'FFFE);
  context->ignore(ignored_fields(Place::security_context));
  context->done();
  if (uid == kSidecarUid) {
    context->problem("runAsUser",
                     "1337 is a sidecar's uid, whose traffic is not captured: "
                     "give another");
  }
  if (!uid) return std::nullopt;
  return static_cast<std::uint32_t>(*uid);
}

void environment(Fields& fields, model::Container& container, Expansion& expansion) {
  std::size_t written = 0;
  fields.each("env", [&](const Node& node, const std::string& path) {
    if (++written > kMaxVariables) return;
    Fields variable(node, path, fields.report());
    auto name = variable.text("name");
    const auto value = variable.text("value");
    variable.refuse("valueFrom", "can only be resolved in a cluster: write the value itself");
    variable.done();
    if (name.empty() || name.contains('=')) {
      variable.problem("name", "an environment variable needs a name without '='");
    }
    container.env.emplace_back(std::move(name), expansion(value, variable, "value"));
  });
  if (written > kMaxVariables) {
    fields.problem("env", fmt::format("at most {} variables", kMaxVariables));
  }
  fields.refuse("envFrom", "can only be resolved in a cluster: list the variables under env");
}

void container_ports(Fields& fields, model::Container& container) {
  static constexpr std::array kTransports = {std::string_view("TCP"), std::string_view("UDP"),
                                             std::string_view("SCTP")};
  fields.each("ports", [&](const Node& node, const std::string& path) {
    Fields entry(node, path, fields.report());
    entry.require("containerPort");
    model::ContainerPort port{entry.text("name"), entry.port("containerPort").value_or(0)};
    const bool is_tcp = entry.word("protocol", kTransports).value_or(0) == 0;
    entry.ignore(ignored_fields(Place::container_port));
    entry.done();
    if (!port.name.empty() && !model::is_port_name(port.name)) {
      entry.problem("name", fmt::format("{} is not a port's name: at most 15 lower case letters, "
                                        "digits and dashes",
                                        quoted(port.name)));
    }
    if (is_tcp) container.ports.push_back(std::move(port));  // the mesh carries TCP only (J-26)
  });
}

model::Container decode_container(const Node& node, const std::string& path, Report& report) {
  Fields fields(node, path, report);
  model::Container container;
  container.name = fields.text("name");
  container.image = fields.text("image");
  Expansion expansion(container);
  environment(fields, container, expansion);
  for (const auto& word : fields.texts("command")) {
    container.command.push_back(expansion(word, fields, "command"));
  }
  for (const auto& word : fields.texts("args")) {
    container.args.push_back(expansion(word, fields, "args"));
  }
  container.working_dir = fields.text("workingDir");
  container_ports(fields, container);
  container.run_as_user = run_as_user(fields);
  fields.ignore(ignored_fields(Place::container));
  fields.done();
  if (container.name == "istio-proxy") {
    fields.problem("name",
                   "this manifest has a sidecar in it already: apply it as it was before "
                   "kube-inject, Mortise adds its own");
  } else if (!model::is_dns_label(container.name)) {
    fields.problem("name", container.name.empty() ? "a container needs a name"
                                                  : quoted(container.name) +
                                                        " is not a container's name: lower case "
                                                        "letters, digits and dashes");
  }
  if (container.image.empty() && container.command.empty()) {
    fields.problem("a container needs an image or a command");
  }
  return container;
}

// Names of containers and of their ports are unique in the pod: `exec -c` and targetPort use them.
void check_unique(const Fields& spec, const std::vector<model::Container>& containers) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> ports;
  const auto check = [&](std::vector<std::string_view>& seen, std::string_view name,
                         std::string field, std::string_view what) {
    if (name.empty()) return;
    if (std::ranges::find(seen, name) == seen.end()) {
      seen.push_back(name);
      return;
    }
    spec.report().problem(spec.line("containers"), field,
                          fmt::format("two {} are called {}", what, quoted(name)));
  };
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const auto field = fmt::format("{}[{}]", spec.path("containers"), i);
    check(names, containers[i].name, field + ".name", "containers");
    for (const auto& port : containers[i].ports) {
      check(ports, port.name, field + ".ports", "ports");
    }
  }
}

}  // namespace

model::PodTemplate decode_pod_spec(Fields& parent, std::string_view name) {
  model::PodTemplate pod;
  parent.require(name);
  auto spec = parent.map(name);
  if (!spec) return pod;
  pod.service_account = spec->text("serviceAccountName", spec->text("serviceAccount", "default"));
  if (!model::is_dns_subdomain(pod.service_account)) {
    spec->problem("serviceAccountName",
                  quoted(pod.service_account) + " is not a service account's name");
  }
  pod.run_as_user = run_as_user(*spec);
  if (spec->flag("hostNetwork", false)) {
    spec->problem("hostNetwork", "every workload has a network of its own: remove it");
  }
  spec->each("containers", [&](const Node& node, const std::string& path) {
    if (pod.containers.size() < 100) {
      pod.containers.push_back(decode_container(node, path, spec->report()));
    } else if (pod.containers.size() == 100) {
      spec->problem("containers", "at most 100 containers");
    }
  });
  if (pod.containers.empty()) spec->problem("containers", "a pod needs a container");
  check_unique(*spec, pod.containers);
  spec->ignore(ignored_fields(Place::pod));
  spec->done();
  return pod;
}

}  // namespace mortise::manifest
