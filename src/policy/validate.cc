#include "policy/validate.h"

#include <algorithm>
#include <utility>

#include "base/address.h"
#include "model/names.h"

namespace mortise::policy {

namespace {

using Problems = std::vector<Problem>;
using LegacyPort = std::variant<std::uint16_t, std::string>;

std::string item(const std::string& list, std::size_t index) {
  return list + "[" + std::to_string(index) + "]";
}

// P-28. A number that is absent arrives as an empty name.
void check_port(const LegacyPort& port, const std::string& field, Problems& problems) {
  if (const auto* const number = std::get_if<std::uint16_t>(&port)) {
    if (*number == 0) problems.push_back({field + ".number", "a port is a number from 1 to 65535"});
    return;
  }
  const auto& name = std::get<std::string>(port);
  if (model::is_dns_label(name)) return;
  if (name.empty()) {
    problems.push_back({field + ".number", "a port needs a number from 1 to 65535, or a name"});
    problems.push_back({field + ".name", "a port needs a name, or a number"});
  } else {
    problems.push_back(
        {field + ".name", "a port's name has lower case letters, digits and dashes"});
  }
}

void check_scope(const model::LegacyPolicy& policy, Problems& problems) {
  const bool is_default = policy.meta.ref.name == "default";
  if (policy.meta.ref.namespace_name.empty()) {
    if (!is_default) {  // P-25
      problems.push_back({"metadata.name", "the policy of the mesh is called default"});
    }
    if (!policy.targets.empty()) {  // P-26
      problems.push_back({"spec.targets",
                          "a MeshPolicy is for the whole mesh: remove the targets, "
                          "or make it a Policy in the service's namespace"});
    }
  } else if (policy.targets.empty() && !is_default) {  // P-23
    problems.push_back({"metadata.name",
                        "a policy without targets is for its whole namespace and is "
                        "called default: rename it, or name its targets"});
  } else if (!policy.targets.empty() && is_default) {  // P-24
    problems.push_back({"metadata.name",
                        "default is the name of the policy for the whole "
                        "namespace: give one with targets another name"});
  }
}

// labels are compared as they are.
void check_selector(const model::Labels& selector, Problems& problems) {
  for (const auto& [key, value] : selector) {
    const std::string field = "spec.selector.matchLabels";
    if (key.empty()) problems.push_back({field, "a label needs a name"});
    if (key.contains('*') || value.contains('*')) {
      problems.push_back({field, "wildcards are not supported in a selector"});
    }
  }
}

bool is_host(const std::string& host) {
  return model::is_wildcard_domain(host) || IpAddress::parse(host).has_value();
}

void check_policy(const model::TrafficPolicy& policy, const std::string& field,
                  Problems& problems) {
  if (!policy.tls || policy.tls->mode != model::ClientTlsMode::mutual) return;
  if (!policy.tls->credential_name.empty()) return;
  const auto need = [&](const std::string& file, const char* name) {
    if (!file.empty()) return;
    problems.push_back({field + ".tls", std::string("MUTUAL needs ") + name +
                                            ": name the file, or "
                                            "use ISTIO_MUTUAL for the mesh's own certificates"});
  };
  need(policy.tls->client_certificate, "clientCertificate");
  need(policy.tls->private_key, "privateKey");
}

void check_policies(const std::optional<model::TrafficPolicy>& policy,
                    const std::map<std::uint16_t, model::TrafficPolicy>& ports,
                    const std::string& field, Problems& problems) {
  if (policy) check_policy(*policy, field, problems);
  for (const auto& [port, settings] : ports) {
    const auto list = field + ".portLevelSettings";
    if (port == 0) problems.push_back({list, "a port is a number from 1 to 65535"});
    check_policy(settings, list, problems);
  }
}

void check_subsets(const model::DestinationRule& rule, Problems& problems) {
  for (std::size_t i = 0; i < rule.subsets.size(); ++i) {
    const auto& subset = rule.subsets[i];
    const auto field = item("spec.subsets", i);
    if (!model::is_dns_label(subset.name)) {
      problems.push_back({field + ".name",
                          "a subset's name has at most 63 lower case letters, digits and dashes"});
    }
    const auto before = rule.subsets.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(rule.subsets.begin(), before,
                     [&](const auto& other) { return other.name == subset.name; }) != before) {
      problems.push_back({field + ".name", "another subset has this name already"});  // K-12
    }
    check_policies(subset.policy, subset.port_policies, field + ".trafficPolicy", problems);
  }
}

void check_exports(const model::DestinationRule& rule, Problems& problems) {
  for (std::size_t i = 0; i < rule.export_to.size(); ++i) {
    const auto& entry = rule.export_to[i];
    const auto field = item("spec.exportTo", i);
    if (entry == "*" && rule.export_to.size() > 1) {  // K-10
      problems.push_back({field, "\"*\" is everybody: it stands alone"});
    } else if (entry != "*" && entry != "." && !model::is_dns_label(entry)) {
      problems.push_back({field, "give \".\" for this namespace, \"*\" for all, or a namespace"});
    }
  }
}

bool is_trust_domain(const std::string& text) {  // SPIFFE-ID 2.1
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

std::vector<Problem> validate(const model::LegacyPolicy& policy) {
  Problems problems;
  check_scope(policy, problems);
  for (std::size_t i = 0; i < policy.targets.size(); ++i) {
    const auto& target = policy.targets[i];
    const auto field = item("spec.targets", i);
    if (!model::is_dns_label(target.service)) {  // P-27
      problems.push_back({field + ".name",
                          "a target is a Service of the policy's own namespace, by "
                          "its short name"});
    }
    for (std::size_t k = 0; k < target.ports.size(); ++k) {
      check_port(target.ports[k], item(field + ".ports", k), problems);
    }
  }
  return problems;
}

std::vector<Problem> validate(const model::PeerAuthentication& policy) {
  Problems problems;
  if (!policy.port_modes.empty() && policy.selector.empty()) {
    problems.push_back({"spec.portLevelMtls",
                        "modes of ports need a selector: a policy for the "
                        "whole mesh or namespace has none"});
  }
  if (policy.port_modes.contains(0)) {  // A-22, K-15
    problems.push_back({"spec.portLevelMtls.0", "a port is a number from 1 to 65535"});
  }
  check_selector(policy.selector, problems);
  return problems;
}

std::vector<Problem> validate(const model::DestinationRule& rule) {
  Problems problems;
  if (rule.host.empty()) {
    problems.push_back({"spec.host", "name the Service that the rule is for"});
  } else if (!is_host(rule.host)) {
    problems.push_back({"spec.host",
                        "is not a host: a Service, a domain, or one that begins with "
                        "\"*.\""});
  }
  check_policies(rule.policy, rule.port_policies, "spec.trafficPolicy", problems);
  check_subsets(rule, problems);
  check_exports(rule, problems);
  return problems;
}

std::vector<Problem> validate(const model::MeshSettings& settings) {
  Problems problems;
  const std::string words = "lower case letters, digits, dots, dashes and underscores";
  if (!is_trust_domain(settings.trust_domain)) {
    problems.push_back({"spec.trustDomain", "is not a trust domain: " + words});
  }
  for (std::size_t i = 0; i < settings.trust_domain_aliases.size(); ++i) {
    if (is_trust_domain(settings.trust_domain_aliases[i])) continue;
    problems.push_back({item("spec.trustDomainAliases", i), "is not a trust domain: " + words});
  }
  if (!model::is_dns_label(settings.root_namespace)) {
    problems.push_back({"spec.rootNamespace", "is not a namespace's name"});
  }
  if (!model::is_dns_subdomain(settings.cluster_domain)) {
    problems.push_back({"spec.clusterDomain", "is not a domain"});
  }
  return problems;
}

}  // namespace mortise::policy
