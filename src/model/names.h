// model/names.h — which names objects, labels and hosts may have (RFC 1123, RFC 1035, Kubernetes).
#pragma once

#include <string_view>

namespace mortise::model {

// "full", "my-svc", "1a": lower case letters, digits and inner dashes, at most 63.
bool is_dns_label(std::string_view text);
// The same, beginning with a letter: names of Services (RFC 1035).
bool is_dns_1035_label(std::string_view text);
// Labels joined by dots, at most 253.
bool is_dns_subdomain(std::string_view text);
// A subdomain whose first label may be "*", or "*" alone: hosts of DestinationRules (D-7, D-22).
bool is_wildcard_domain(std::string_view text);
// "app", "app.kubernetes.io/name"
bool is_label_key(std::string_view text);
// At most 63 letters, digits, '-', '_' and '.', the ends alphanumeric; empty is a value.
bool is_label_value(std::string_view text);
// Names of container and service ports: at most 15 lower case letters, digits and inner single
// dashes, with at least one letter (RFC 6335).
bool is_port_name(std::string_view text);

}  // namespace mortise::model
