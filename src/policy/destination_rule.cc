#include "policy/destination_rule.h"

#include <algorithm>

namespace mortise::policy {

namespace {

using model::DestinationRule;
using model::TrafficPolicy;

bool lists(const DestinationRule& rule, std::string_view who) {
  return std::ranges::find(rule.export_to, who) != rule.export_to.end();
}

// D-26, K-10.
bool visible_in(const DestinationRule& rule, const std::string& namespace_name) {
  if (rule.export_to.empty() || lists(rule, "*") || lists(rule, namespace_name)) return true;
  return lists(rule, ".") && rule.meta.ref.namespace_name == namespace_name;
}

bool is_private(const DestinationRule& rule) {
  const auto is_own = [&](const std::string& entry) {
    return entry == "." || entry == rule.meta.ref.namespace_name;
  };
  return !rule.export_to.empty() && std::ranges::all_of(rule.export_to, is_own);
}

// D-23: exact before wildcard, longer before shorter, then by alphabet.
bool more_specific(std::string_view left, std::string_view right) {
  const bool left_wild = left.starts_with('*');
  const bool right_wild = right.starts_with('*');
  if (left_wild != right_wild) return right_wild;
  if (left.size() != right.size()) return left.size() > right.size();
  return left < right;
}

// What the rules of one namespace say about a host: the most specific one alone (D-23).
template <class Sees>
MergedRule rules_in(const std::string& namespace_name, const std::string& host,
                    const RuleBook& rules, Sees&& sees) {
  MergedRule found;
  std::string best;
  for (const auto& rule : rules.destination_rules) {
    if (rule.meta.ref.namespace_name != namespace_name || !sees(rule)) continue;
    auto pattern = full_host(rule, rules.settings.cluster_domain);
    if (!host_matches(pattern, host)) continue;
    if (pattern != best) {
      if (!found.empty() && !more_specific(pattern, best)) continue;
      found.clear();
      best = std::move(pattern);
    }
    found.push_back(&rule);
  }
  std::ranges::sort(found, [](const auto* left, const auto* right) {
    return model::older(left->meta, right->meta);
  });
  return found;
}

// D-10: an entry for the port replaces what holds for the rest.
TrafficPolicy for_port(const std::optional<TrafficPolicy>& policy,
                       const std::map<std::uint16_t, TrafficPolicy>& ports, std::uint16_t port) {
  const auto entry = ports.find(port);
  if (entry != ports.end()) return entry->second;
  return policy.value_or(TrafficPolicy{});
}

const DestinationRule::Subset* find_subset(const MergedRule& rule, const std::string& name) {
  for (const auto* const part : rule) {
    const auto found = std::ranges::find(part->subsets, name, &DestinationRule::Subset::name);
    if (found != part->subsets.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

std::string full_host(const DestinationRule& rule, const std::string& cluster_domain) {
  const bool is_full = rule.host == "*" || rule.host.find_first_of(".:") != std::string::npos;
  if (is_full) return rule.host;
  return rule.host + "." + rule.meta.ref.namespace_name + ".svc." + cluster_domain;
}

bool host_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with('*')) return pattern == host;
  return host.ends_with(pattern.substr(1));
}

MergedRule find_rule(const std::string& client_namespace, const model::Service& service,
                     const RuleBook& rules) {
  const auto host = model::host_of(service, rules.settings.cluster_domain);
  const auto& root = rules.settings.root_namespace;
  const auto visible = [&](const DestinationRule& rule) {
    return visible_in(rule, client_namespace);
  };
  // In the root namespace, rules are meant for the whole mesh and come last, but for those that
  // can only be meant for its own clients (D-25, K-11).
  const bool in_root = client_namespace == root;
  auto found = rules_in(client_namespace, host, rules, [&](const DestinationRule& rule) {
    return visible(rule) && (!in_root || is_private(rule));
  });
  if (found.empty()) found = rules_in(service.meta.ref.namespace_name, host, rules, visible);
  if (found.empty()) found = rules_in(root, host, rules, visible);
  return found;
}

TrafficPolicy settings_for(const MergedRule& rule, std::uint16_t service_port,
                           const std::string& subset) {
  TrafficPolicy settings;
  const auto leading = std::ranges::find_if(
      rule, [](const DestinationRule* part) { return part->policy.has_value(); });
  if (leading != rule.end()) {
    settings = for_port((*leading)->policy, (*leading)->port_policies, service_port);
  }
  const auto* const chosen = subset.empty() ? nullptr : find_subset(rule, subset);
  if (chosen == nullptr) return settings;  // D-13
  const auto entry = chosen->port_policies.find(service_port);
  if (entry != chosen->port_policies.end()) return entry->second;
  if (!chosen->policy) return settings;
  if (chosen->policy->tls) settings.tls = chosen->policy->tls;  // else inherited (K-5)
  settings.passthrough |= chosen->policy->passthrough;
  return settings;
}

}  // namespace mortise::policy
