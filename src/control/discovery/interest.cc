#include "control/discovery/interest.h"

#include "control/discovery/catalog.h"

namespace mortise::control::discovery {
namespace {

using registry::Registry;
using Names = std::set<std::string>;

std::string namespace_of(const std::string& key) { return key.substr(0, key.find('/')); }

// A workload as a client must know it: with the services that select it, since legacy policies
// name services, and with its namespace's policies.
void add_workload(const std::string& key, const Registry& registry, Names& names) {
  names.insert(workload_name(key));
  names.insert(modes_name(namespace_of(key)));
  for (const auto& service : registry.selecting(key)) names.insert(service_name(service));
}

void add_service(const std::string& key, const Registry& registry, Names& names) {
  names.insert(service_name(key));
  names.insert(modes_name(namespace_of(key)));
  for (const auto& workload : registry.selected_by(key)) add_workload(workload, registry, names);
}

void add_address(const std::string& text, const Registry& registry, Names& names) {
  const auto ip = IpAddress::parse(text);
  const auto service = ip ? registry.service_at(*ip) : std::string();
  const auto workload = ip ? registry.workload_at(*ip) : std::string();
  if (!service.empty()) add_service(service, registry, names);
  if (!workload.empty()) add_workload(workload, registry, names);
  if (service.empty() && workload.empty()) names.insert(address_name(text));
}

void add_everything(const Registry& registry, Names& names) {
  for (const auto& [key, service] : registry.services()) {
    names.insert(service_name(key));
    names.insert(modes_name(namespace_of(key)));
  }
  for (const auto& [key, record] : registry.workloads()) {
    names.insert(workload_name(key));
    names.insert(modes_name(namespace_of(key)));
  }
}

}  // namespace

Names wanted(const Interest& interest, const Registry& registry, bool complete) {
  Names names{"settings", "trust", modes_name(""), inbound_name(interest.proxy),
              workload_name(interest.proxy), rules_name(namespace_of(interest.proxy))};
  if (complete) add_everything(registry, names);
  for (const auto& address : interest.addresses) add_address(address, registry, names);
  return names;
}

}  // namespace mortise::control::discovery
