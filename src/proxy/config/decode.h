// proxy/config/decode.h — api/discovery.proto into the values both planes share. What does not
// fit is an error, and the update that holds it is rejected as a whole.
#pragma once

#include <map>

#include "api/discovery.pb.h"
#include "proxy/config/snapshot.h"

namespace mortise::proxy {

namespace discovery_api = ::mortise::discovery::v1;

Result<model::Workload> decode_workload(const discovery_api::Workload& from);
Result<KnownService> decode_service(const discovery_api::Service& from);
// Appends the policies of one scope.
Result<void> decode_modes(const discovery_api::Modes& from, policy::RuleBook& into);
Result<void> decode_rules(const discovery_api::ClientRules& from, policy::RuleBook& into);
Result<void> decode_inbound(const discovery_api::InboundPolicy& from, Snapshot& into);
TrustRoots decode_trust(const discovery_api::TrustBundle& from);
Result<void> decode_settings(const discovery_api::MeshSettings& from, Snapshot& into,
                             model::MeshSettings& settings);

}  // namespace mortise::proxy
