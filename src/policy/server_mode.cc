#include <algorithm>

#include "policy/decide.h"

namespace mortise::policy {
namespace {

using model::LegacyPolicy;
using model::PeerAuthentication;

// The oldest object that satisfies the condition (P-15, A-13, A-14); null if none does.
template <class Object, class Condition>
const Object* oldest(const std::vector<Object>& objects, Condition condition) {
  const Object* found = nullptr;
  for (const auto& object : objects) {
    if (!condition(object)) continue;
    if (found == nullptr || model::older(object.meta, found->meta)) found = &object;
  }
  return found;
}

ServerMode made_by(model::MtlsMode mode, Scope scope, const model::Meta& meta) {
  return {mode, scope, meta.ref, meta.origin};
}

// ---- PeerAuthentication: one per level, the oldest each.
struct PeerLevels {
  const PeerAuthentication* mesh = nullptr;
  const PeerAuthentication* namespace_wide = nullptr;
  const PeerAuthentication* workload = nullptr;
  [[nodiscard]] bool any() const { return mesh || namespace_wide || workload; }
};

const PeerAuthentication* without_selector(const std::string& namespace_name,
                                           const RuleBook& rules) {
  return oldest(rules.peer_authentications, [&](const PeerAuthentication& peer) {
    return peer.meta.ref.namespace_name == namespace_name && peer.selector.empty();
  });
}

// Labels of a workload, or none for a namespace as a whole.
PeerLevels levels_of(const std::string& namespace_name, const model::Labels* labels,
                     const RuleBook& rules) {
  const auto& root = rules.settings.root_namespace;
  PeerLevels levels;
  levels.mesh = without_selector(root, rules);
  if (namespace_name == root) return levels;
  levels.namespace_wide = without_selector(namespace_name, rules);
  if (labels == nullptr) return levels;
  levels.workload = oldest(rules.peer_authentications, [&](const PeerAuthentication& peer) {
    return peer.meta.ref.namespace_name == namespace_name && !peer.selector.empty() &&
           model::selects(peer.selector, *labels);
  });
  return levels;
}

// from wide to narrow, each level that says something replaces what was said.
ServerMode combine(const PeerLevels& levels, const std::uint16_t* port) {
  ServerMode result;
  const auto take = [&](const PeerAuthentication* peer, Scope scope) {
    if (peer != nullptr && peer->mode) result = made_by(*peer->mode, scope, peer->meta);
  };
  take(levels.mesh, Scope::mesh);
  take(levels.namespace_wide, Scope::namespace_wide);
  take(levels.workload, Scope::workload);
  if (port == nullptr || levels.workload == nullptr) return result;
  const auto listed = levels.workload->port_modes.find(*port);
  if (listed != levels.workload->port_modes.end() && listed->second) {
    return made_by(*listed->second, Scope::port, levels.workload->meta);
  }
  return result;
}

// ---- The legacy Policy and MeshPolicy.
bool names_service(const LegacyPolicy::Target& target, const LegacyPolicy& policy,
                   const model::Service& service) {
  return target.service == service.meta.ref.name &&
         policy.meta.ref.namespace_name == service.meta.ref.namespace_name;  // P-17
}

bool names_port(const LegacyPolicy::Target& target, const model::ServicePort& port) {
  return std::ranges::any_of(target.ports, [&](const auto& selector) {
    if (const auto* number = std::get_if<std::uint16_t>(&selector)) return *number == port.port;
    return std::get<std::string>(selector) == port.name;  // P-16
  });
}

const LegacyPolicy* for_port(const model::Service& service, const model::ServicePort& port,
                             const RuleBook& rules) {
  return oldest(rules.legacy, [&](const LegacyPolicy& policy) {
    return std::ranges::any_of(policy.targets, [&](const auto& target) {
      return names_service(target, policy, service) && names_port(target, port);
    });
  });
}

const LegacyPolicy* for_service(const model::Service& service, const RuleBook& rules) {
  return oldest(rules.legacy, [&](const LegacyPolicy& policy) {
    return std::ranges::any_of(policy.targets, [&](const auto& target) {
      return names_service(target, policy, service) && target.ports.empty();
    });
  });
}

const LegacyPolicy* for_namespace(const std::string& namespace_name, const RuleBook& rules) {
  return oldest(rules.legacy, [&](const LegacyPolicy& policy) {
    return policy.meta.ref.kind == "Policy" && policy.targets.empty() &&
           policy.meta.ref.namespace_name == namespace_name;
  });
}

const LegacyPolicy* for_mesh(const RuleBook& rules) {
  return oldest(rules.legacy, [](const LegacyPolicy& policy) {
    return policy.meta.ref.kind == "MeshPolicy" && policy.meta.ref.name == "default";  // P-19
  });
}

// P-12 (a) and (b); K-1: a port match wins over any service-wide policy.
std::optional<ServerMode> legacy_of_service(const model::Service& service,
                                            const model::ServicePort* port, const RuleBook& rules) {
  if (port != nullptr) {
    if (const auto* policy = for_port(service, *port, rules)) {
      return made_by(policy->mode, Scope::port, policy->meta);
    }
  }
  if (const auto* policy = for_service(service, rules)) {
    return made_by(policy->mode, Scope::service, policy->meta);
  }
  return std::nullopt;
}

// P-12 (c) and (d), else the built-in default (K-2).
ServerMode legacy_of_namespace(const std::string& namespace_name, const RuleBook& rules) {
  if (const auto* policy = for_namespace(namespace_name, rules)) {
    return made_by(policy->mode, Scope::namespace_wide, policy->meta);
  }
  if (const auto* policy = for_mesh(rules)) {
    return made_by(policy->mode, Scope::mesh, policy->meta);
  }
  return {};
}

}  // namespace

ServerMode server_mode(const ServerFacts& server, std::uint16_t port, const RuleBook& rules) {
  const auto& workload = server.workload;
  const auto levels = levels_of(workload.namespace_name, &workload.labels, rules);
  if (levels.any()) return combine(levels, &port);  // K-3

  // A service without a policy of its own does not silence a younger one's (K-18), so wider
  // policies are asked only when no service on this port has one.
  bool served = false;
  for (const auto* service : server.services) {
    for (const auto& service_port : service->ports) {
      if (model::target_port(service_port, workload) != port) continue;
      served = true;
      if (auto mode = legacy_of_service(*service, &service_port, rules)) return *mode;
    }
  }
  if (!served) return {};  // legacy policies govern ports of Services only
  return legacy_of_namespace(workload.namespace_name, rules);
}

ServerMode mesh_mode(const RuleBook& rules) {
  const auto levels = levels_of(rules.settings.root_namespace, nullptr, rules);
  if (levels.any()) return combine(levels, nullptr);
  if (const auto* policy = for_mesh(rules)) {
    return made_by(policy->mode, Scope::mesh, policy->meta);
  }
  return {};
}

ServerMode namespace_mode(const std::string& namespace_name, const RuleBook& rules) {
  const auto levels = levels_of(namespace_name, nullptr, rules);
  if (levels.any()) return combine(levels, nullptr);
  return legacy_of_namespace(namespace_name, rules);
}

ServerMode service_mode(const model::Service& service, const model::ServicePort* port,
                        const RuleBook& rules) {
  const auto& namespace_name = service.meta.ref.namespace_name;
  // What a workload has at least, when the service selects it.
  const auto levels = levels_of(namespace_name, &service.selector, rules);
  if (levels.any()) {
    const auto* number = port != nullptr ? std::get_if<std::uint16_t>(&port->target) : nullptr;
    return combine(levels, number);
  }
  if (auto mode = legacy_of_service(service, port, rules)) return *mode;
  return legacy_of_namespace(namespace_name, rules);
}

}  // namespace mortise::policy
