// policy/destination_rule.h — which DestinationRule speaks for a service, and what it says for one
// of its ports and subsets (semantics section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"

namespace mortise::policy {

// The rules for one host in one namespace, oldest first: together they are one rule (D-28).
using MergedRule = std::vector<const model::DestinationRule*>;

// D-20: a short host is completed with the rule's own namespace.
std::string full_host(const model::DestinationRule& rule, const std::string& cluster_domain);
bool host_matches(std::string_view pattern, std::string_view host);  // D-22

// The rule for `service` as a client in `client_namespace` sees it (D-24 to D-27); empty: none.
MergedRule find_rule(const std::string& client_namespace, const model::Service& service,
                     const RuleBook& rules);

// D-10, D-12, K-5.
model::TrafficPolicy settings_for(const MergedRule& rule, std::uint16_t service_port,
                                  const std::string& subset);

}  // namespace mortise::policy
