// policy/destination_rules.h — which DestinationRule a call falls under and what it says for a
// port and subset (semantics 3.2 to 3.4).
#pragma once

#include <string>

#include "policy/facts.h"

namespace mortise::policy {

// "httpbin" -> "httpbin.full.svc.cluster.local"; wildcards, dotted names and IPs stay (D-20, D-21).
std::string resolve_host(const std::string& host, const std::string& rule_namespace,
                         const std::string& cluster_domain);

// The rules for one host in the first namespace that has one (D-24), oldest first; they merge
// (D-28). Empty: no rule. Pointers into `rules`.
std::vector<const model::DestinationRule*> rules_for(const std::string& client_namespace,
                                                     const model::Service& service,
                                                     const RuleBook& rules);

// What those rules say for a Service port and a subset ("" for none): D-10, D-12, D-13, D-28, K-5.
model::TrafficPolicy traffic_policy(const std::vector<const model::DestinationRule*>& merged,
                                    std::uint16_t service_port, const std::string& subset);

}  // namespace mortise::policy
