#include "policy/destination_rules.h"

#include <algorithm>

#include "base/address.h"

namespace mortise::policy {
namespace {

using model::DestinationRule;

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// D-26: whom a rule is exported to, seen from a client's namespace.
bool visible_to(const DestinationRule& rule, const std::string& client_namespace) {
  if (rule.export_to.empty() || has(rule.export_to, "*")) return true;
  if (has(rule.export_to, client_namespace)) return true;
  return rule.meta.ref.namespace_name == client_namespace && has(rule.export_to, ".");
}

bool private_to_its_namespace(const DestinationRule& rule) {
  return rule.export_to.size() == 1 && rule.export_to.front() == ".";
}

bool is_wildcard(const std::string& host) { return host.starts_with('*'); }

bool host_matches(const std::string& pattern, const std::string& host) {
  if (!is_wildcard(pattern)) return pattern == host;
  const auto suffix = std::string_view(pattern).substr(1);
  return host.size() > suffix.size() && host.ends_with(suffix);  // D-22
}

// D-23: exact beats wildcard; among wildcards the longest, then the alphabetically first.
bool more_specific(const std::string& left, const std::string& right) {
  if (is_wildcard(left) != is_wildcard(right)) return !is_wildcard(left);
  if (left.size() != right.size()) return left.size() > right.size();
  return left < right;
}

template <class Wanted>
std::vector<const DestinationRule*> best_in_namespace(const std::string& namespace_name,
                                                      const std::string& host,
                                                      const RuleBook& rules, Wanted wanted) {
  const auto& domain = rules.settings.cluster_domain;
  std::string best;
  std::vector<const DestinationRule*> found;
  for (const auto& rule : rules.destination_rules) {
    if (rule.meta.ref.namespace_name != namespace_name || !wanted(rule)) continue;
    const auto pattern = resolve_host(rule.host, namespace_name, domain);
    if (!host_matches(pattern, host)) continue;
    if (!found.empty() && pattern != best) {
      if (!more_specific(pattern, best)) continue;
      found.clear();
    }
    best = pattern;
    found.push_back(&rule);
  }
  std::ranges::sort(found, [](const auto* left, const auto* right) {
    return model::older(left->meta, right->meta);
  });
  return found;
}

const DestinationRule::Subset* find_subset(const std::vector<const DestinationRule*>& merged,
                                           const std::string& name) {
  if (name.empty()) return nullptr;
  for (const auto* rule : merged) {
    for (const auto& subset : rule->subsets) {
      if (subset.name == name) return &subset;  // a duplicate of a later rule is dropped (D-28)
    }
  }
  return nullptr;
}

}  // namespace

std::string resolve_host(const std::string& host, const std::string& rule_namespace,
                         const std::string& cluster_domain) {
  if (host.find('.') != std::string::npos || is_wildcard(host) || IpAddress::parse(host)) {
    return host;
  }
  return host + "." + rule_namespace + ".svc." + cluster_domain;
}

std::vector<const DestinationRule*> rules_for(const std::string& client_namespace,
                                              const model::Service& service,
                                              const RuleBook& rules) {
  const auto host = model::host_of(service, rules.settings.cluster_domain);
  const auto& root = rules.settings.root_namespace;
  const bool client_in_root = client_namespace == root;
  const auto visible = [&](const DestinationRule& rule) {
    return visible_to(rule, client_namespace);
  };
  // In the root namespace only what is private to it goes first (D-25, K-11).
  auto own = best_in_namespace(client_namespace, host, rules, [&](const DestinationRule& rule) {
    return visible(rule) && (!client_in_root || private_to_its_namespace(rule));
  });
  if (!own.empty()) return own;
  auto servers = best_in_namespace(service.meta.ref.namespace_name, host, rules, visible);
  if (!servers.empty()) return servers;
  return best_in_namespace(root, host, rules, visible);
}

model::TrafficPolicy traffic_policy(const std::vector<const DestinationRule*>& merged,
                                    std::uint16_t service_port, const std::string& subset) {
  model::TrafficPolicy result;
  // Rule level: from the oldest rule that has one; a port entry replaces all of it (D-10).
  for (const auto* rule : merged) {
    if (!rule->policy && rule->port_policies.empty()) continue;
    const auto port = rule->port_policies.find(service_port);
    if (port != rule->port_policies.end()) {
      result = port->second;
    } else if (rule->policy) {
      result = *rule->policy;
    }
    break;
  }
  const auto* chosen = find_subset(merged, subset);
  if (chosen == nullptr) return result;
  const auto port = chosen->port_policies.find(service_port);
  if (port != chosen->port_policies.end()) return port->second;  // replaces tls too (D-12)
  if (!chosen->policy) return result;
  if (chosen->policy->tls) result.tls = chosen->policy->tls;  // else inherits (K-5)
  result.passthrough = result.passthrough || chosen->policy->passthrough;
  return result;
}

}  // namespace mortise::policy
