#include "proxy/config/snapshot.h"

#include <algorithm>
#include <charconv>

namespace mortise::proxy {

Result<AddressRange> AddressRange::parse(std::string_view cidr) {
  const auto slash = cidr.find('/');
  if (slash == std::string_view::npos) {
    return fail(Code::invalid, "no prefix length in " + std::string(cidr));
  }
  TRY(const auto base, IpAddress::parse(cidr.substr(0, slash)));
  const auto digits = cidr.substr(slash + 1);
  int prefix = -1;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || prefix < 0 ||
      prefix > (base.is_v4() ? 32 : 128)) {
    return fail(Code::invalid, "bad prefix length in " + std::string(cidr));
  }
  return AddressRange{base, prefix};
}

bool AddressRange::contains(const IpAddress& address) const {
  if (address.is_v4() != base.is_v4()) return false;
  int bits = base.is_v4() ? prefix + 96 : prefix;  // IPv4 sits behind 96 bits of ::ffff:0:0
  for (std::size_t at = 0; bits > 0; ++at, bits -= 8) {
    const int mask = bits >= 8 ? 0xff : 0xff00 >> bits & 0xff;
    if (((address.bytes()[at] ^ base.bytes()[at]) & mask) != 0) return false;
  }
  return true;
}

void Directory::add(const WorkloadPtr& workload) {
  workloads[workload->address] = workload;
  by_key[workload->key()] = workload;
}

void Directory::add(const ServicePtr& service) {
  if (service->service.address != IpAddress()) services[service->service.address] = service;
  for (const std::string& workload : service->workloads) {
    auto& behind = services_of[workload];
    const auto older = [](const ServicePtr& left, const ServicePtr& right) {
      return model::older(left->service.meta, right->service.meta);
    };
    behind.insert(std::ranges::upper_bound(behind, service, older), service);
  }
}

const InboundPort& Snapshot::inbound_port(std::uint16_t port) const {
  const auto found = inbound.find(port);
  return found != inbound.end() ? found->second : inbound_others;
}

const KnownService* Snapshot::service_at(const IpAddress& address) const {
  const auto found = directory->services.find(address);
  return found != directory->services.end() ? found->second.get() : nullptr;
}

const model::Workload* Snapshot::workload_at(const IpAddress& address) const {
  const auto found = directory->workloads.find(address);
  return found != directory->workloads.end() ? found->second.get() : nullptr;
}

policy::ServerFacts Snapshot::server_facts(const model::Workload& workload) const {
  policy::ServerFacts facts{workload, {}};
  const auto found = directory->services_of.find(workload.key());
  if (found == directory->services_of.end()) return facts;
  for (const ServicePtr& service : found->second) facts.services.push_back(&service->service);
  return facts;
}

Snapshot::Knowledge Snapshot::knowledge_of(const IpAddress& address) const {
  if (directory->services.contains(address) || directory->workloads.contains(address))
    return Knowledge::known;
  const bool in_mesh_ranges = std::ranges::any_of(
      mesh_ranges, [&](const AddressRange& range) { return range.contains(address); });
  if (!in_mesh_ranges || complete || nobody.contains(address)) return Knowledge::outside;
  return Knowledge::must_ask;
}

}  // namespace mortise::proxy
