// control/discovery/encode.h — model values as the resources of api/discovery.proto. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "api/discovery.pb.h"
#include "policy/decide.h"

namespace mortise::control::discovery {

namespace api = ::mortise::discovery::v1;

api::Workload encode(const model::Workload& workload);
// `workloads`: NS/NAME of the ready workloads behind the service.
api::Service encode(const model::Service& service, const std::vector<std::string>& workloads);
// The policies of one scope: the caller chooses which.
api::Modes encode_modes(std::span<const model::LegacyPolicy* const> legacy,
                        std::span<const model::PeerAuthentication* const> peer);
api::ClientRules encode_rules(std::span<const model::DestinationRule* const> rules);
api::InboundPolicy::Port encode_port(std::uint16_t port, model::Protocol protocol,
                                     const policy::ServerMode& mode);
api::MeshSettings encode(const model::MeshSettings& settings,
                         const std::vector<std::string>& mesh_ranges, bool complete);

}  // namespace mortise::control::discovery
