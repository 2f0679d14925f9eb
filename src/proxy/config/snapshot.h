// proxy/config/snapshot.h — all that the control plane told this sidecar, as one immutable value
// with the indexes that traffic needs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/address.h"
#include "policy/facts.h"

namespace mortise::proxy {

struct KnownService {
  model::Service service;
  std::vector<std::string> workloads;  // NS/NAME of the ready ones behind it
};

// What one port of our own workload accepts, decided by the control plane.
struct InboundPort {
  model::MtlsMode mode = model::MtlsMode::strict;
  model::Protocol protocol = model::Protocol::automatic;
  std::string scope;
  std::string because;  // "Policy/full/httpbin"; empty: the built-in default
  friend bool operator==(const InboundPort&, const InboundPort&) = default;
};

struct TrustRoots {
  std::string trust_domain;
  std::vector<std::string> aliases;
  std::vector<std::string> roots_der;
  friend bool operator==(const TrustRoots&, const TrustRoots&) = default;
};

struct AddressRange {
  IpAddress base;
  int prefix = 0;
  [[nodiscard]] bool contains(const IpAddress& address) const;
  static Result<AddressRange> parse(std::string_view cidr);
};

using ServicePtr = std::shared_ptr<const KnownService>;
using WorkloadPtr = std::shared_ptr<const model::Workload>;

// Who is in the mesh. As large as what was told of it, so snapshots share one until it changes.
struct Directory {
  std::unordered_map<IpAddress, ServicePtr> services;    // by virtual address
  std::unordered_map<IpAddress, WorkloadPtr> workloads;  // by address
  std::unordered_map<std::string, WorkloadPtr> by_key;   // by NS/NAME
  // The services behind which a workload is, oldest first (K-18).
  std::unordered_map<std::string, std::vector<ServicePtr>> services_of;

  void add(const WorkloadPtr& workload);
  void add(const ServicePtr& service);
};

struct Snapshot {
  std::uint64_t revision = 0;
  std::shared_ptr<const policy::RuleBook> rules = std::make_shared<policy::RuleBook>();
  std::shared_ptr<const Directory> directory = std::make_shared<Directory>();
  std::map<std::uint16_t, InboundPort> inbound;
  // Ports no Service declares. Nothing is accepted in plain text before somebody said so.
  InboundPort inbound_others;
  std::vector<AddressRange> mesh_ranges;
  bool complete = false;                 // every address of the mesh is known
  std::unordered_set<IpAddress> nobody;  // looked up, and no mesh workload has it
  TrustRoots trust;

  [[nodiscard]] const InboundPort& inbound_port(std::uint16_t port) const;
  [[nodiscard]] const KnownService* service_at(const IpAddress& address) const;
  [[nodiscard]] const model::Workload* workload_at(const IpAddress& address) const;
  // The facts about a workload; the snapshot must outlive them.
  [[nodiscard]] policy::ServerFacts server_facts(const model::Workload& workload) const;

  enum class Knowledge { known, outside, must_ask };
  // What is known about a destination. `must_ask`: it may be in the mesh, and not knowing is
  // never a reason for plain text (architecture section 6).
  [[nodiscard]] Knowledge knowledge_of(const IpAddress& address) const;
};

}  // namespace mortise::proxy
