// proxy/outbound/destination.h — where a dialled address leads and how each endpoint is spoken to:
// facts of one snapshot turned into decisions, kept until the next one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/decide.h"
#include "proxy/config/snapshot.h"
#include "proxy/handling.h"
#include "proxy/telemetry/edges.h"

namespace mortise::proxy {

// What makes two connections to an endpoint interchangeable, own identity aside.
struct LegTarget {
  SocketAddress address;
  bool mutual_tls = false;
  std::string server_name;                       // SNI, I-30
  std::vector<std::string> alpn;                 // S-6
  std::vector<std::string> accepted_identities;  // K-21; empty refuses (K-22)

  // Equal for equal targets and for no others.
  [[nodiscard]] std::string key() const;
  friend bool operator==(const LegTarget&, const LegTarget&) = default;
};

struct Endpoint {
  SocketAddress address;
  std::string workload;  // NS/NAME
  std::string identity;  // expected, SPIFFE
  policy::ClientDecision decision;
  LegTarget http;  // the leg for requests
  LegTarget tcp;   // the leg for bytes
  // Under which legs for requests are pooled: target and decision, so that a leg made under one
  // decision never serves another.
  std::string pool_key;
  EdgeKey edge;  // for telemetry, but for what only a connection can tell
};

struct Destination {
  std::string service;     // NS/NAME; empty: dialled by a workload's own address
  std::uint16_t port = 0;  // as dialled
  Handling handling = Handling::guess;
  std::vector<Endpoint> endpoints;
};

// Null where neither a service port nor a workload is at that address.
std::shared_ptr<const Destination> resolve(const Snapshot& snapshot,
                                           const std::string& client_namespace,
                                           const SocketAddress& target);

}  // namespace mortise::proxy
