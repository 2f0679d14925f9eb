#include "proxy/outbound/destination.h"

#include <algorithm>

#include "pki/spiffe_id.h"

namespace mortise::proxy {
namespace {

using policy::ClientTls;

std::string spiffe_id(const std::string& trust_domain, const model::Workload& workload) {
  return pki::SpiffeId{pki::canonical_trust_domain(trust_domain), workload.namespace_name,
                       workload.service_account}
      .uri();
}

// K-21: the exact account of this endpoint, under the trust domain and its aliases (I-5); the
// names of an explicit rule replace it (D-5).
std::vector<std::string> accepted_identities(const model::Workload& workload,
                                             const policy::ClientDecision& decision,
                                             const model::MeshSettings& settings) {
  if (decision.settings && !decision.settings->subject_alt_names.empty()) {
    return decision.settings->subject_alt_names;
  }
  if (workload.service_account.empty()) return {};
  std::vector<std::string> accepted = {spiffe_id(settings.trust_domain, workload)};
  for (const auto& alias : settings.trust_domain_aliases) {
    accepted.push_back(spiffe_id(alias, workload));
  }
  return accepted;
}

std::string server_name(const policy::ClientDecision& decision, std::uint16_t port,
                        const std::string& host) {
  if (decision.settings && !decision.settings->sni.empty()) return decision.settings->sni;  // D-4
  return "outbound_." + std::to_string(port) + "_._." + host;                               // I-30
}

std::string name_of(const model::Service& service) {
  return service.meta.ref.namespace_name + "/" + service.meta.ref.name;
}

const model::ServicePort* find_port(const model::Service& service, std::uint16_t number) {
  const auto found = std::ranges::find(service.ports, number, &model::ServicePort::port);
  return found != service.ports.end() ? &*found : nullptr;
}

// What one destination is made from; only lives while it is made.
struct Call {
  const Snapshot& snapshot;
  const std::string& client_namespace;
  std::uint16_t port;
  const model::Service* service = nullptr;
  const model::ServicePort* service_port = nullptr;
  std::vector<policy::EndpointFacts> siblings;
  std::string host;  // in SNI
};

EdgeKey edge_of(const Call& call, const policy::EndpointFacts& facts, const Endpoint& endpoint) {
  const auto server = policy::server_mode(facts.server, facts.port, *call.snapshot.rules);
  EdgeKey edge;
  edge.at_source = true;
  edge.peer_address = endpoint.address.ip.to_string();
  edge.service = call.service != nullptr ? name_of(*call.service) : std::string();
  edge.port = endpoint.address.port;
  edge.why = policy::to_string(endpoint.decision.because);
  edge.mode = model::to_string(server.mode);
  if (endpoint.decision.rule) {
    edge.rule = endpoint.decision.rule->to_string();
  } else if (server.because) {
    edge.rule = server.because->to_string();
  }
  return edge;
}

Endpoint make_endpoint(const Call& call, const policy::EndpointFacts& facts) {
  const model::Workload& workload = facts.server.workload;
  const auto& rules = *call.snapshot.rules;
  const policy::CallFacts call_facts{
      call.client_namespace, call.service, call.service_port, {}, &facts, call.siblings};
  Endpoint endpoint;
  endpoint.address = {workload.address, facts.port};
  endpoint.workload = workload.key();
  endpoint.identity = spiffe_id(rules.settings.trust_domain, workload);
  endpoint.decision = policy::client_tls(call_facts, rules);
  LegTarget leg{endpoint.address, false, {}, {}, {}};
  if (endpoint.decision.tls == ClientTls::istio_mutual) {
    leg.mutual_tls = true;
    leg.server_name = server_name(endpoint.decision, call.port, call.host);
    leg.accepted_identities = accepted_identities(workload, endpoint.decision, rules.settings);
  }
  endpoint.http = leg;
  endpoint.tcp = std::move(leg);
  if (endpoint.http.mutual_tls) {
    endpoint.http.alpn = {"istio-http/1.1", "istio", "http/1.1"};
    endpoint.tcp.alpn = {"istio"};
  }
  endpoint.edge = edge_of(call, facts, endpoint);
  endpoint.pool_key = endpoint.edge.service + '|' + endpoint.edge.why + '|' + endpoint.edge.mode +
                      '|' + endpoint.edge.rule + '|' + endpoint.http.key();
  return endpoint;
}

std::vector<policy::EndpointFacts> endpoints_of(const Snapshot& snapshot, const KnownService& known,
                                                const model::ServicePort& port) {
  std::vector<policy::EndpointFacts> endpoints;
  for (const auto& key : known.workloads) {
    const auto found = snapshot.directory->by_key.find(key);
    if (found == snapshot.directory->by_key.end() || !found->second->ready) continue;
    const auto number = model::target_port(port, *found->second);
    if (number) endpoints.push_back({snapshot.server_facts(*found->second), *number});
  }
  return endpoints;
}

std::shared_ptr<const Destination> resolve_service(const Snapshot& snapshot,
                                                   const std::string& client_namespace,
                                                   const KnownService& known, std::uint16_t port) {
  const auto* service_port = find_port(known.service, port);
  if (service_port == nullptr) return nullptr;
  const auto facts = endpoints_of(snapshot, known, *service_port);
  const Call call{snapshot,
                  client_namespace,
                  port,
                  &known.service,
                  service_port,
                  facts,
                  host_of(known.service, snapshot.rules->settings.cluster_domain)};
  auto destination = std::make_shared<Destination>();
  destination->service = name_of(known.service);
  destination->port = port;
  destination->handling = handling_of(service_port->protocol);
  for (const auto& endpoint : facts)
    destination->endpoints.push_back(make_endpoint(call, endpoint));
  return destination;
}

// The service through which a workload's own port was meant: a headless one resolves to workload
// addresses, so its rules count (K-6); others only say what the port carries.
struct Behind {
  const KnownService* service = nullptr;
  const model::ServicePort* port = nullptr;
};
Behind service_behind(const Snapshot& snapshot, const model::Workload& workload,
                      std::uint16_t number) {
  const auto& services_of = snapshot.directory->services_of;
  const auto found = services_of.find(workload.key());
  if (found == services_of.end()) return {};
  Behind first;
  for (const ServicePtr& known : found->second) {
    for (const auto& port : known->service.ports) {
      if (model::target_port(port, workload) != number) continue;
      if (known->service.headless) return {known.get(), &port};
      if (first.port == nullptr) first = {known.get(), &port};
    }
  }
  return first;
}

std::shared_ptr<const Destination> resolve_workload(const Snapshot& snapshot,
                                                    const std::string& client_namespace,
                                                    const model::Workload& workload,
                                                    std::uint16_t port) {
  const Behind behind = service_behind(snapshot, workload, port);
  auto destination = std::make_shared<Destination>();
  destination->port = port;
  destination->handling =
      handling_of(behind.port != nullptr ? behind.port->protocol : model::Protocol::automatic);
  Call call{snapshot, client_namespace, port, nullptr, nullptr, {}, workload.address.to_string()};
  if (behind.service != nullptr && behind.service->service.headless) {
    const auto& service = behind.service->service;
    call.service = &service;
    call.service_port = behind.port;
    call.siblings = endpoints_of(snapshot, *behind.service, *behind.port);
    call.host = host_of(service, snapshot.rules->settings.cluster_domain);
    destination->service = name_of(service);
  }
  const policy::EndpointFacts facts{snapshot.server_facts(workload), port};
  destination->endpoints.push_back(make_endpoint(call, facts));
  return destination;
}

}  // namespace

std::string LegTarget::key() const {
  // Lengths keep neighbouring parts apart, whatever they hold.
  std::string key = address.to_string();
  if (!mutual_tls) return key;
  const auto append = [&](const std::string& part) {
    key += '|' + std::to_string(part.size()) + ':' + part;
  };
  append(server_name);
  for (const auto& protocol : alpn) append(protocol);
  key += "|identities";
  for (const auto& identity : accepted_identities) append(identity);
  return key;
}

std::shared_ptr<const Destination> resolve(const Snapshot& snapshot,
                                           const std::string& client_namespace,
                                           const SocketAddress& target) {
  if (const auto* known = snapshot.service_at(target.ip)) {
    return resolve_service(snapshot, client_namespace, *known, target.port);
  }
  if (const auto* workload = snapshot.workload_at(target.ip)) {
    return resolve_workload(snapshot, client_namespace, *workload, target.port);
  }
  return nullptr;
}

}  // namespace mortise::proxy
