#include "control/registry/mtls_edit.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mortise::control::registry {
namespace {

using Json = nlohmann::json;

PortChoice choice_of(const Json& selector) {
  const auto number = selector.find("number");
  if (number != selector.end() && number->is_number_unsigned()) {
    return number->get<std::uint16_t>();
  }
  return selector.value("name", std::string());
}

// Removes what the target says for the port, or for the service as a whole. Whether the target is
// still needed.
bool remains(Json& target, const model::Service& service, const PortChoice* port) {
  if (target.value("name", std::string()) != service.meta.ref.name) return true;
  const auto ports = target.find("ports");
  const bool whole_service = ports == target.end() || ports->empty();
  if (!port || whole_service) return whole_service == (port != nullptr);
  for (auto selector = ports->begin(); selector != ports->end();) {
    selector = same_port(choice_of(*selector), *port, &service) ? ports->erase(selector)
                                                                : std::next(selector);
  }
  return !ports->empty();
}

bool has_scope(const model::LegacyPolicy::Target& target, const model::Service& service,
               const PortChoice* port) {
  if (target.service != service.meta.ref.name) return false;
  if (!port) return target.ports.empty();
  return std::ranges::any_of(target.ports,
                             [&](const auto& other) { return same_port(other, *port, &service); });
}

// Policies that say something for exactly this place, oldest first.
std::vector<const manifest::Object*> policies_for(const Registry& registry,
                                                  const model::Service& service,
                                                  const PortChoice* port) {
  std::vector<const manifest::Object*> found;
  for (const auto& [ref, object] : registry.objects()) {
    const auto* policy = std::get_if<model::LegacyPolicy>(&object.value);
    if (!policy || ref.namespace_name != service.meta.ref.namespace_name) continue;
    const auto says = [&](const auto& target) { return has_scope(target, service, port); };
    if (std::ranges::any_of(policy->targets, says)) found.push_back(&object);
  }
  std::ranges::sort(found, [](const auto* left, const auto* right) {
    return model::older(left->meta(), right->meta());
  });
  return found;
}

bool is_exactly(const manifest::Object& object, const PortChoice* port) {
  const auto& targets = std::get<model::LegacyPolicy>(object.value).targets;
  return targets.size() == 1 && targets[0].ports.size() == (port ? 1U : 0U);
}

Result<manifest::Object> new_policy(const model::Service& service, const PortChoice* port,
                                    model::MtlsMode mode, const std::string& name) {
  model::LegacyPolicy policy;
  policy.meta.ref = {"Policy", service.meta.ref.namespace_name, name};
  policy.mode = mode;
  policy.targets.push_back({service.meta.ref.name, {}});
  if (port) policy.targets[0].ports.push_back(*port);
  return manifest::make_object(policy);
}

// The oldest of exactly these workloads.
const manifest::Object* peer_for(const Registry& registry, const model::Service& service) {
  const manifest::Object* found = nullptr;
  for (const auto& [ref, object] : registry.objects()) {
    const auto* peer = std::get_if<model::PeerAuthentication>(&object.value);
    if (!peer || ref.namespace_name != service.meta.ref.namespace_name) continue;
    if (peer->selector != service.selector) continue;
    if (!found || model::older(object.meta(), found->meta())) found = &object;
  }
  return found;
}

}  // namespace

Result<std::optional<manifest::Object>> without_target(const manifest::Object& policy,
                                                       const model::Service& service,
                                                       const PortChoice* port) {
  auto json = Json::parse(policy.content, nullptr, false);
  if (!json.is_object() || !json.contains("/spec/targets"_json_pointer)) {
    return fail(Code::bug, policy.ref().to_string() + " has no targets");
  }
  auto& targets = json["spec"]["targets"];
  for (auto target = targets.begin(); target != targets.end();) {
    target = remains(*target, service, port) ? std::next(target) : targets.erase(target);
  }
  if (targets.empty()) return std::nullopt;
  return manifest::restore(json.dump());
}

Result<Edits> edit_service_policies(const Registry& registry, const model::Service& service,
                                    const PortChoice* port, std::optional<model::MtlsMode> mode,
                                    const std::string& new_name) {
  Edits edits;
  bool said = !mode;
  for (const auto* policy : policies_for(registry, service, port)) {
    if (!said && is_exactly(*policy, port)) {
      TRY(auto changed, manifest::with_mode(*policy, *mode));
      edits.put.push_back(std::move(changed));
      said = true;
      continue;
    }
    // One that also says it for other places, or a younger twin, lets go of this place.
    TRY(auto rest, without_target(*policy, service, port));
    if (rest) {
      edits.put.push_back(*std::move(rest));
    } else {
      edits.removed.push_back(policy->ref());
    }
  }
  if (!said) {
    TRY(auto created, new_policy(service, port, *mode, new_name));
    edits.put.push_back(std::move(created));
  }
  return edits;
}

Result<Edits> edit_workload_peers(const Registry& registry, const model::Service& service,
                                  std::optional<std::uint16_t> port,
                                  std::optional<model::MtlsMode> mode,
                                  const std::string& new_name) {
  if (service.selector.empty()) {
    return fail(Code::invalid, "the service " + key_of(service.meta.ref) +
                                   " has no selector, and a PeerAuthentication, which is in effect "
                                   "here, can only select workloads by their labels");
  }
  Edits edits;
  const auto* known = peer_for(registry, service);
  if (!known && !mode) return edits;
  model::PeerAuthentication peer;
  if (known) {
    peer = std::get<model::PeerAuthentication>(known->value);
  } else {
    peer.meta.ref = {"PeerAuthentication", service.meta.ref.namespace_name, new_name};
    peer.selector = service.selector;
  }
  if (!port) {
    peer.mode = mode;
  } else if (mode) {
    peer.port_modes[*port] = mode;
  } else {
    peer.port_modes.erase(*port);
  }
  if (!mode && !peer.mode && peer.port_modes.empty()) {
    edits.removed.push_back(known->ref());
    return edits;
  }
  TRY(auto object, manifest::make_object(std::move(peer)));
  edits.put.push_back(std::move(object));
  return edits;
}

}  // namespace mortise::control::registry
