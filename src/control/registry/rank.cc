#include "control/registry/rank.h"

#include <algorithm>

namespace mortise::control::registry {
namespace {

using model::DestinationRule;
using model::LegacyPolicy;
using model::PeerAuthentication;

const model::Service* find_service(const After& after, const std::string& namespace_name,
                                   const std::string& name) {
  const auto found = after.find({"Service", namespace_name, name});
  return found == after.end() ? nullptr : std::get_if<model::Service>(&found->second->value);
}

// What both target; empty if nothing. A whole service and one of its ports are different ranks.
std::string shared_target(const LegacyPolicy& left, const LegacyPolicy& right, const After& after) {
  for (const auto& one : left.targets) {
    const auto* service = find_service(after, left.meta.ref.namespace_name, one.service);
    for (const auto& other : right.targets) {
      if (one.service != other.service) continue;
      if (one.ports.empty() && other.ports.empty()) return target_text(one.service, nullptr);
      for (const auto& port : one.ports) {
        for (const auto& other_port : other.ports) {
          if (same_port(port, other_port, service)) return target_text(one.service, &port);
        }
      }
    }
  }
  return {};
}

std::string shared_place(const LegacyPolicy& left, const LegacyPolicy& right, const After& after,
                         const Registry&) {
  const auto shared = shared_target(left, right, after);
  return shared.empty() ? shared : "targets " + shared;
}

bool has_traffic_policy(const DestinationRule& rule) {
  return rule.policy.has_value() || !rule.port_policies.empty();
}

std::string full_host(const DestinationRule& rule, const model::MeshSettings& settings) {
  if (rule.host == "*" || rule.host.contains('.')) return rule.host;  // semantics D-20
  return rule.host + "." + rule.meta.ref.namespace_name + ".svc." + settings.cluster_domain;
}

// Rules for one host merge (D-28): only what both say is without effect in the newer one.
std::string shared_place(const DestinationRule& left, const DestinationRule& right, const After&,
                         const Registry& registry) {
  const auto host = full_host(left, registry.settings());
  if (host != full_host(right, registry.settings())) return {};
  for (const auto& subset : left.subsets) {
    if (std::ranges::find(right.subsets, subset.name, &DestinationRule::Subset::name) !=
        right.subsets.end()) {
      return "has the subset " + subset.name + " of host " + host;
    }
  }
  if (has_traffic_policy(left) && has_traffic_policy(right)) {
    return "has a trafficPolicy for host " + host;
  }
  return {};
}

// Every workload that the newer policy selects already follows the older one.
bool covers(const PeerAuthentication& older, const PeerAuthentication& newer,
            const Registry& registry) {
  if (older.selector == newer.selector) return true;
  bool any = false;
  for (const auto& [key, record] : registry.workloads()) {
    const auto& workload = record.workload;
    if (workload.namespace_name != newer.meta.ref.namespace_name) continue;
    if (!model::selects(newer.selector, workload.labels)) continue;
    any = true;
    if (!model::selects(older.selector, workload.labels)) return false;
  }
  return any;
}

std::string shared_place(const PeerAuthentication& left, const PeerAuthentication& right,
                         const After&, const Registry& registry) {
  if (left.selector.empty() != right.selector.empty()) return {};  // different ranks
  const bool of_mesh = left.meta.ref.namespace_name == registry.settings().root_namespace;
  if (left.selector.empty()) {
    return of_mesh ? "is mesh-wide" : "is for the whole namespace " + left.meta.ref.namespace_name;
  }
  if (of_mesh) return {};  // without effect anyway
  const bool left_older = model::older(left.meta, right.meta);
  return covers(left_older ? left : right, left_older ? right : left, registry)
             ? "selects the same workloads"
             : std::string();
}

const char* field_of(const LegacyPolicy&) { return "spec.targets"; }
const char* field_of(const PeerAuthentication&) { return "spec.selector"; }
const char* field_of(const DestinationRule&) { return "spec.host"; }

template <class Rule>
std::optional<Silenced> find_among(const Rule& rule, const After& after, const Registry& registry) {
  for (const auto& [ref, object] : after) {
    const auto& own = rule.meta.ref;
    if (ref.kind != own.kind || ref.namespace_name != own.namespace_name || ref == own) continue;
    const auto* other = std::get_if<Rule>(&object->value);
    if (!other) continue;
    const auto shared = shared_place(rule, *other, after, registry);
    if (shared.empty()) continue;
    const bool is_older = model::older(rule.meta, other->meta);
    const auto& winner = is_older ? own : ref;
    const auto& loser = is_older ? ref : own;
    return Silenced{field_of(rule), loser.to_string() + " " + shared + " like " +
                                        winner.to_string() +
                                        ", which is older and alone counts: "
                                        "edit that one, or force"};
  }
  return std::nullopt;
}

}  // namespace

bool same_port(const PortChoice& left, const PortChoice& right, const model::Service* service) {
  if (left == right) return true;
  if (!service || left.index() == right.index()) return false;
  const auto number = [&](const PortChoice& choice) -> std::optional<std::uint16_t> {
    if (const auto* given = std::get_if<std::uint16_t>(&choice)) return *given;
    for (const auto& port : service->ports) {
      if (port.name == std::get<std::string>(choice)) return port.port;
    }
    return std::nullopt;
  };
  return number(left) && number(left) == number(right);
}

std::string target_text(const std::string& service, const PortChoice* port) {
  if (!port) return service;
  if (const auto* number = std::get_if<std::uint16_t>(port)) {
    return service + "(" + std::to_string(*number) + ")";
  }
  return service + "(" + std::get<std::string>(*port) + ")";
}

std::optional<Silenced> find_silenced(const manifest::Object& object, const After& after,
                                      const Registry& registry) {
  if (const auto* policy = std::get_if<LegacyPolicy>(&object.value)) {
    return find_among(*policy, after, registry);
  }
  if (const auto* peer = std::get_if<PeerAuthentication>(&object.value)) {
    return find_among(*peer, after, registry);
  }
  if (const auto* rule = std::get_if<DestinationRule>(&object.value)) {
    return find_among(*rule, after, registry);
  }
  return std::nullopt;
}

}  // namespace mortise::control::registry
