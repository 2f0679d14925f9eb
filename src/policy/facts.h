// policy/facts.h — the facts decisions are made from, gathered by either plane. A view: the
// owner keeps the objects alive and unchanged while a decision runs.
#pragma once

#include <vector>

#include "model/policy.h"
#include "model/workload.h"

namespace mortise::policy {

// All policies in force. Each list may be in any order; decisions sort by age where it matters.
struct RuleBook {
  std::vector<model::LegacyPolicy> legacy;
  std::vector<model::PeerAuthentication> peer_authentications;
  std::vector<model::DestinationRule> destination_rules;
  model::MeshSettings settings;
};

// A workload with the services that select it, oldest service first (K-18).
struct ServerFacts {
  const model::Workload& workload;
  std::vector<const model::Service*> services;
};

// One endpoint of a service port, as a client sees it.
struct EndpointFacts {
  ServerFacts server;
  std::uint16_t port;  // the workload's port
};

// A call about to be made.
struct CallFacts {
  std::string client_namespace;
  const model::Service* service;           // null: dialled by the workload's own address (K-20)
  const model::ServicePort* service_port;  // null exactly when `service` is
  std::string subset;                      // empty: none
  const EndpointFacts* endpoint;           // null: an address that nobody in the mesh has
  // All endpoints of the service port; only looked at for headless and PASSTHROUGH (K-6, K-14).
  std::vector<EndpointFacts> siblings;
};

}  // namespace mortise::policy
