// manifest/decode.h — Nodes into model values, one function per kind.
#pragma once

#include <optional>

#include "manifest/fields.h"
#include "manifest/manifest.h"
#include "manifest/node.h"
#include "manifest/report.h"

namespace mortise::manifest {

// The object in `node`; nothing if it has problems, which are then in the report.
std::optional<Object> decode_object(const Node& node, const Options& options, Report& report);

// Each reads everything but kind, apiVersion and metadata, and leaves done() to the caller.
model::ServiceAccount decode_service_account(Fields& top, model::Meta meta);
model::Service decode_service(Fields& top, model::Meta meta);
model::Deployment decode_deployment(Fields& top, model::Meta meta, bool needs_selector);
model::Pod decode_pod(Fields& top, model::Meta meta);
model::Job decode_job(Fields& top, model::Meta meta);
model::LegacyPolicy decode_legacy_policy(Fields& top, model::Meta meta);
model::PeerAuthentication decode_peer_authentication(Fields& top, model::Meta meta);
model::DestinationRule decode_destination_rule(Fields& top, model::Meta meta);
MeshConfig decode_mesh_config(Fields& top, model::Meta meta);

// The pod spec below `name` of `parent`, containers and all, without labels and annotations.
model::PodTemplate decode_pod_spec(Fields& parent, std::string_view name);

// selector: {matchLabels: ...}, the only form understood.
model::Labels decode_selector(Fields& parent, std::string_view name);

}  // namespace mortise::manifest
