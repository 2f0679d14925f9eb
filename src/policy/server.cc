// The server's half of policy/decide.h: which mode a workload's port enforces.
#include <algorithm>
#include <concepts>

#include "policy/decide.h"
#include "policy/rank.h"

namespace mortise::policy {

namespace {

using model::LegacyPolicy;
using model::MtlsMode;
using model::PeerAuthentication;

ServerMode built_in() { return {}; }  // K-2

ServerMode said_by(const model::Meta& meta, MtlsMode mode, Scope scope) {
  return {mode, scope, meta.ref, meta.origin};
}

// At most one PeerAuthentication per level, the oldest of each.
struct Levels {
  const PeerAuthentication* mesh = nullptr;
  const PeerAuthentication* namespace_wide = nullptr;
  const PeerAuthentication* workload = nullptr;

  [[nodiscard]] bool any() const {
    return mesh != nullptr || namespace_wide != nullptr || workload != nullptr;
  }
};

// `labels` null: the namespace as a whole.: in the root namespace only policies
// without selector count, and they are the mesh's.
Levels levels_for(const std::string& namespace_name, const model::Labels* labels,
                  const RuleBook& rules) {
  const auto& root = rules.settings.root_namespace;
  const auto oldest_in = [&](const std::string& name, auto&& applies) {
    return oldest(rules.peer_authentications, [&](const PeerAuthentication& policy) {
      return policy.meta.ref.namespace_name == name && applies(policy.selector);
    });
  };
  const auto unselective = [](const model::Labels& selector) { return selector.empty(); };
  Levels levels;
  levels.mesh = oldest_in(root, unselective);
  if (namespace_name == root || namespace_name.empty()) return levels;
  levels.namespace_wide = oldest_in(namespace_name, unselective);
  if (labels == nullptr) return levels;
  levels.workload = oldest_in(namespace_name, [&](const model::Labels& selector) {
    return !selector.empty() && model::selects(selector, *labels);
  });
  return levels;
}

// The mode of the innermost level that has one.
ServerMode mode_of(const Levels& levels) {
  auto result = built_in();
  const auto narrow = [&](const PeerAuthentication* policy, Scope scope) {
    if (policy != nullptr && policy->mode) result = said_by(policy->meta, *policy->mode, scope);
  };
  narrow(levels.mesh, Scope::mesh);
  narrow(levels.namespace_wide, Scope::namespace_wide);
  narrow(levels.workload, Scope::workload);
  return result;
}

// ports are listed by the workload's own policy only; an unset one takes the workload's mode.
ServerMode mode_of(const Levels& levels, std::uint16_t port) {
  if (levels.workload != nullptr) {
    const auto listed = levels.workload->port_modes.find(port);
    if (listed != levels.workload->port_modes.end() && listed->second) {
      return said_by(levels.workload->meta, *listed->second, Scope::port);
    }
  }
  return mode_of(levels);
}

bool targets_port(const LegacyPolicy::Target& target, const model::ServicePort& port) {  // P-16
  return std::ranges::any_of(target.ports, [&](const auto& wanted) {
    if (const auto* const number = std::get_if<std::uint16_t>(&wanted)) return *number == port.port;
    const auto& name = std::get<std::string>(wanted);
    return !name.empty() && name == port.name;
  });
}

// P-17: a target is a service of the policy's own namespace.
bool has_target(const LegacyPolicy& policy, const model::Service& service, auto&& port_matches) {
  if (policy.meta.ref.kind != "Policy") return false;
  if (policy.meta.ref.namespace_name != service.meta.ref.namespace_name) return false;
  return std::ranges::any_of(policy.targets, [&](const LegacyPolicy::Target& target) {
    return target.service == service.meta.ref.name && port_matches(target);
  });
}

std::optional<ServerMode> legacy_mesh(const RuleBook& rules) {
  const auto* const policy = oldest(rules.legacy, [](const LegacyPolicy& candidate) {
    const auto& ref = candidate.meta.ref;
    return ref.kind == "MeshPolicy" && ref.name == "default" && candidate.targets.empty();  // P-19
  });
  if (policy == nullptr) return std::nullopt;
  return said_by(policy->meta, policy->mode, Scope::mesh);
}

std::optional<ServerMode> legacy_namespace(const std::string& namespace_name,
                                           const RuleBook& rules) {
  const auto* const policy = oldest(rules.legacy, [&](const LegacyPolicy& candidate) {
    const auto& ref = candidate.meta.ref;
    return ref.kind == "Policy" && ref.namespace_name == namespace_name &&
           candidate.targets.empty();
  });
  if (policy != nullptr) return said_by(policy->meta, policy->mode, Scope::namespace_wide);
  return legacy_mesh(rules);
}

// What names the service: a port policy wins over an older one of the whole service (P-15, K-1).
// Without `port`: what no port policy names.
std::optional<ServerMode> legacy_own(const model::Service& service, const model::ServicePort* port,
                                     const RuleBook& rules) {
  const auto* const on_port = oldest(rules.legacy, [&](const LegacyPolicy& candidate) {
    return port != nullptr &&
           has_target(candidate, service, [&](const LegacyPolicy::Target& target) {
             return targets_port(target, *port);
           });
  });
  if (on_port != nullptr) return said_by(on_port->meta, on_port->mode, Scope::port);
  const auto* const on_service = oldest(rules.legacy, [&](const LegacyPolicy& candidate) {
    return has_target(candidate, service,
                      [](const LegacyPolicy::Target& target) { return target.ports.empty(); });
  });
  if (on_service != nullptr) return said_by(on_service->meta, on_service->mode, Scope::service);
  return std::nullopt;
}

// The narrowest wins whole, a missing mode included (P-12 to P-14).
std::optional<ServerMode> legacy_service(const model::Service& service,
                                         const model::ServicePort* port, const RuleBook& rules) {
  if (auto own = legacy_own(service, port, rules)) return own;
  return legacy_namespace(service.meta.ref.namespace_name, rules);
}

}  // namespace

ServerMode server_mode(const ServerFacts& server, std::uint16_t port, const RuleBook& rules) {
  const auto& workload = server.workload;
  const auto levels = levels_for(workload.namespace_name, &workload.labels, rules);
  if (levels.any()) return mode_of(levels, port);  // K-3, A-40
  // A service without a policy of its own does not silence that of a younger one (K-18), so the
  // wider policies are asked only when no service on this port has one.
  bool declared = false;
  for (const auto* const service : server.services) {
    for (const auto& service_port : service->ports) {
      if (model::target_port(service_port, workload) != port) continue;
      declared = true;
      if (auto mode = legacy_own(*service, &service_port, rules)) return *mode;
    }
  }
  if (!declared) return built_in();
  return legacy_namespace(workload.namespace_name, rules).value_or(built_in());
}

ServerMode mesh_mode(const RuleBook& rules) {
  const auto levels = levels_for("", nullptr, rules);
  if (levels.any()) return mode_of(levels);
  return legacy_mesh(rules).value_or(built_in());
}

ServerMode namespace_mode(const std::string& namespace_name, const RuleBook& rules) {
  const auto levels = levels_for(namespace_name, nullptr, rules);
  if (levels.any()) return mode_of(levels);
  return legacy_namespace(namespace_name, rules).value_or(built_in());
}

// A policy for workloads speaks for a service if it is sure to select whatever the service selects.
ServerMode service_mode(const model::Service& service, const model::ServicePort* port,
                        const RuleBook& rules) {
  const auto levels = levels_for(service.meta.ref.namespace_name, &service.selector, rules);
  if (!levels.any()) return legacy_service(service, port, rules).value_or(built_in());
  const auto* const number = port == nullptr ? nullptr : std::get_if<std::uint16_t>(&port->target);
  return number == nullptr ? mode_of(levels) : mode_of(levels, *number);
}

}  // namespace mortise::policy
