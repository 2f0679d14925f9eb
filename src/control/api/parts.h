// control/api/parts.h — what the resources of the REST API are answered from.
#pragma once

#include "control/ca/ca.h"
#include "control/discovery/hub.h"
#include "control/registry/registry.h"
#include "control/registry/writer.h"
#include "control/sidecars/restarts.h"
#include "control/sidecars/sockets.h"
#include "control/telemetry/edges.h"

namespace mortise::control::api {

// All borrowed; they outlive every request.
struct Parts {
  io::Loop& loop;
  const registry::Registry& registry;
  registry::Writer& writer;
  discovery::Hub& hub;
  telemetry::Edges& edges;
  sidecars::Sockets& sockets;
  sidecars::Restarts& restarts;
  ca::Ca& ca;
  TimePoint started;
};

}  // namespace mortise::control::api
