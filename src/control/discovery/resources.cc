#include "control/discovery/resources.h"

#include <algorithm>
#include <map>

#include "control/discovery/encode.h"

namespace mortise::control::discovery {
namespace {

using registry::Registry;

bool is_mesh_wide(const model::LegacyPolicy& policy, const model::MeshSettings&) {
  return policy.meta.ref.kind == "MeshPolicy";
}
bool is_mesh_wide(const model::PeerAuthentication& peer, const model::MeshSettings& settings) {
  return peer.meta.ref.namespace_name == settings.root_namespace;
}

// Of one scope: the mesh's ("") or a namespace's, and never both.
template <class Policy>
std::vector<const Policy*> of_scope(const std::vector<Policy>& all, const std::string& scope,
                                    const model::MeshSettings& settings) {
  std::vector<const Policy*> chosen;
  for (const auto& policy : all) {
    const bool mesh_wide = is_mesh_wide(policy, settings);
    const bool wanted =
        scope.empty() ? mesh_wide : !mesh_wide && policy.meta.ref.namespace_name == scope;
    if (wanted) chosen.push_back(&policy);
  }
  std::ranges::sort(chosen, {}, [](const Policy* policy) { return policy->meta.ref; });
  return chosen;
}

void make_modes(const std::string& scope, const Registry& registry, api::Resource& out) {
  const auto& rules = registry.rules();
  const auto legacy = of_scope(rules.legacy, scope, rules.settings);
  const auto peer = of_scope(rules.peer_authentications, scope, rules.settings);
  *out.mutable_modes() = encode_modes(legacy, peer);
}

// D-26; the proxy looks up with the same function, so showing one too many would be harmless.
bool may_concern(const model::DestinationRule& rule, const std::string& client_namespace) {
  if (rule.meta.ref.namespace_name == client_namespace || rule.export_to.empty()) return true;
  return std::ranges::any_of(rule.export_to, [&](const std::string& scope) {
    return scope == "*" || scope == client_namespace;
  });
}

void make_rules(const std::string& client_namespace, const Registry& registry, api::Resource& out) {
  std::vector<const model::DestinationRule*> visible;
  for (const auto& rule : registry.rules().destination_rules) {
    if (may_concern(rule, client_namespace)) visible.push_back(&rule);
  }
  std::ranges::sort(visible, {}, [](const auto* rule) { return rule->meta.ref; });
  *out.mutable_rules() = encode_rules(visible);
}

bool make_service(const std::string& key, const Registry& registry, api::Resource& out) {
  const auto* service = registry.service(key);
  if (service == nullptr) return false;
  std::vector<std::string> ready;
  for (const auto& workload : registry.selected_by(key)) {
    const auto* record = registry.workload(workload);
    if (record != nullptr && record->workload.ready) ready.push_back(workload);
  }
  *out.mutable_service() = encode(*service, ready);
  return true;
}

bool make_workload(const std::string& key, const Registry& registry, api::Resource& out) {
  const auto* record = registry.workload(key);
  if (record == nullptr) return false;
  *out.mutable_workload() = encode(record->workload);
  return true;
}

// The ports that have a rule or protocol of their own; all others share one entry.
std::map<std::uint16_t, model::Protocol> special_ports(const policy::ServerFacts& facts,
                                                       const policy::RuleBook& rules) {
  std::map<std::uint16_t, model::Protocol> ports;
  for (const auto* service : facts.services) {
    for (const auto& port : service->ports) {
      const auto target = model::target_port(port, facts.workload);
      if (target) ports.try_emplace(*target, port.protocol);  // the oldest service's word counts
    }
  }
  for (const auto& peer : rules.peer_authentications) {
    if (peer.meta.ref.namespace_name != facts.workload.namespace_name) continue;
    for (const auto& [port, mode] : peer.port_modes) {
      ports.try_emplace(port, model::Protocol::automatic);  // S-41
    }
  }
  return ports;
}

bool make_inbound(const std::string& key, const Registry& registry, api::Resource& out) {
  const auto* record = registry.workload(key);
  if (record == nullptr) return false;
  const auto facts = registry.facts(record->workload);
  const auto& rules = registry.rules();
  auto& inbound = *out.mutable_inbound();
  for (const auto& [port, protocol] : special_ports(facts, rules)) {
    *inbound.add_ports() = encode_port(port, protocol, policy::server_mode(facts, port, rules));
  }
  // No object names port 0, so this is the answer for every port that none names (S-40).
  *inbound.mutable_others() =
      encode_port(0, model::Protocol::automatic, policy::server_mode(facts, 0, rules));
  return true;
}

void make_trust(const ResourceContext& context, api::Resource& out) {
  auto& trust = *out.mutable_trust();
  const auto& settings = context.registry.settings();
  trust.set_trust_domain(settings.trust_domain);
  for (const auto& alias : settings.trust_domain_aliases) trust.add_aliases(alias);
  for (const auto& root : context.roots_der) trust.add_roots_der(root);
}

std::string_view after(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string_view();
}

bool fill(const std::string& name, const ResourceContext& context, api::Resource& out) {
  const auto& registry = context.registry;
  if (name == "settings") {
    *out.mutable_settings() = encode(registry.settings(), context.mesh_ranges, context.complete);
    return true;
  }
  if (name == "trust") {
    make_trust(context, out);
    return true;
  }
  if (name == "modes/mesh") {
    make_modes({}, registry, out);
    return true;
  }
  if (const auto scope = after(name, "modes/ns/"); !scope.empty()) {
    make_modes(std::string(scope), registry, out);
    return true;
  }
  if (const auto client = after(name, "rules/ns/"); !client.empty()) {
    make_rules(std::string(client), registry, out);
    return true;
  }
  if (const auto key = after(name, "service/"); !key.empty()) {
    return make_service(std::string(key), registry, out);
  }
  if (const auto key = after(name, "workload/"); !key.empty()) {
    return make_workload(std::string(key), registry, out);
  }
  if (const auto key = after(name, "inbound/"); !key.empty()) {
    return make_inbound(std::string(key), registry, out);
  }
  if (!after(name, "address/").empty()) {
    out.mutable_unknown()->set_complete(context.complete);
    return true;
  }
  return false;
}

}  // namespace

std::optional<api::Resource> make_resource(const std::string& name,
                                           const ResourceContext& context) {
  api::Resource resource;
  resource.set_name(name);
  if (!fill(name, context, resource)) return std::nullopt;
  return resource;
}

}  // namespace mortise::control::discovery
