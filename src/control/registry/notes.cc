#include "control/registry/notes.h"

#include <algorithm>

namespace mortise::control::registry {
namespace {

const model::Labels* template_labels(const manifest::Object& object) {
  if (const auto* deployment = std::get_if<model::Deployment>(&object.value)) {
    return &deployment->pod.labels;
  }
  if (const auto* pod = std::get_if<model::Pod>(&object.value)) return &pod->pod.labels;
  if (const auto* job = std::get_if<model::Job>(&object.value)) return &job->pod.labels;
  return nullptr;
}

// Whether something runs, or is meant to run, that has these labels.
bool meets_workload(const std::string& namespace_name, const model::Labels& selector,
                    const After& after, const Registry& registry) {
  for (const auto& [ref, object] : after) {
    if (ref.namespace_name != namespace_name) continue;
    const auto* labels = template_labels(*object);
    if (labels && model::selects(selector, *labels)) return true;
  }
  return std::ranges::any_of(registry.workloads(), [&](const auto& entry) {
    const auto& workload = entry.second.workload;
    return workload.namespace_name == namespace_name && model::selects(selector, workload.labels);
  });
}

std::vector<std::string> notes_on_service(const model::Service& service, const After& after,
                                          const Registry& registry) {
  const auto ref = service.meta.ref.to_string();
  if (service.selector.empty()) return {ref + " has no selector: it has no endpoints"};
  if (meets_workload(service, after, registry)) return {};
  return {ref + " selects no workload yet: calls to it are refused until one matches"};
}

bool has_port(const model::Service& service, const PortChoice& choice) {
  return std::ranges::any_of(service.ports, [&](const model::ServicePort& port) {
    return same_port(choice, PortChoice(port.port), &service);
  });
}

std::vector<std::string> notes_on_policy(const model::LegacyPolicy& policy, const After& after) {
  std::vector<std::string> notes;
  const auto ref = policy.meta.ref.to_string();
  if (policy.targets.empty() && policy.mode == model::MtlsMode::strict) {  // semantics A-44, S-40
    notes.push_back(
        ref +
        " governs the ports that a Service declares: every other port still takes plain "
        "text. A PeerAuthentication covers all ports");
  }
  for (const auto& target : policy.targets) {
    const auto found = after.find({"Service", policy.meta.ref.namespace_name, target.service});
    if (found == after.end()) {
      notes.push_back(ref + " targets the service " + target.service +
                      ", which does not exist: it has no effect there");
      continue;
    }
    const auto& service = std::get<model::Service>(found->second->value);
    for (const auto& port : target.ports) {
      if (has_port(service, port)) continue;
      notes.push_back(ref + " targets " + target_text(target.service, &port) +
                      ", a port that the service does not have");
    }
  }
  return notes;
}

std::vector<std::string> notes_on_peer(const model::PeerAuthentication& peer, const After& after,
                                       const Registry& registry) {
  if (peer.selector.empty()) return {};
  const auto& ref = peer.meta.ref;
  if (ref.namespace_name == registry.settings().root_namespace) {  // semantics A-5
    return {ref.to_string() + " has a selector in the root namespace: it has no effect"};
  }
  if (meets_workload(ref.namespace_name, peer.selector, after, registry)) return {};
  return {ref.to_string() + " selects no workload yet"};
}

bool host_matches(const std::string& pattern, const std::string& host) {
  if (pattern.starts_with('*')) return host.ends_with(pattern.substr(1));  // semantics D-22
  return pattern == host;
}

std::vector<std::string> notes_on_rule(const model::DestinationRule& rule, const After& after,
                                       const Registry& registry) {
  const auto& domain = registry.settings().cluster_domain;
  const auto& ref = rule.meta.ref;
  const bool short_name = !rule.host.contains('.') && rule.host != "*";
  const auto host =
      short_name ? rule.host + "." + ref.namespace_name + ".svc." + domain : rule.host;
  for (const auto& [other, object] : after) {
    if (other.kind != "Service") continue;
    if (host_matches(host, other.name + "." + other.namespace_name + ".svc." + domain)) return {};
  }
  std::string note = ref.to_string() + " is for the host " + host + ", which no service has";
  // semantics D-21
  if (std::ranges::count(rule.host, '.') == 1) note += ": write NAME.NAMESPACE.svc." + domain;
  return {note};
}

}  // namespace

bool meets_workload(const model::Service& service, const After& after, const Registry& registry) {
  return service.selector.empty() ||
         meets_workload(service.meta.ref.namespace_name, service.selector, after, registry);
}

std::vector<std::string> notes_on(const manifest::Object& object, const After& after,
                                  const Registry& registry) {
  if (const auto* service = std::get_if<model::Service>(&object.value)) {
    return notes_on_service(*service, after, registry);
  }
  if (const auto* policy = std::get_if<model::LegacyPolicy>(&object.value)) {
    return notes_on_policy(*policy, after);
  }
  if (const auto* peer = std::get_if<model::PeerAuthentication>(&object.value)) {
    return notes_on_peer(*peer, after, registry);
  }
  if (const auto* rule = std::get_if<model::DestinationRule>(&object.value)) {
    return notes_on_rule(*rule, after, registry);
  }
  return {};
}

}  // namespace mortise::control::registry
