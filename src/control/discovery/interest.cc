#include "control/discovery/interest.h"

#include <vector>

#include "control/discovery/catalog.h"

namespace mortise::control::discovery {
namespace {

using registry::Registry;
using Names = std::set<std::string>;

std::string namespace_of(const std::string& key) { return key.substr(0, key.find('/')); }

// What a client must know to call a service: its workloads, and, since legacy policies name
// services, every service that selects one of them, with its workloads, so that whatever a proxy
// knows of it knows whole. Each namespace's policies come along.
class Connected {
 public:
  explicit Connected(const Registry& registry) : registry_(registry) {}

  void add_service(const std::string& key) {
    if (services_.insert(key).second) ahead_.push_back(key);
    explore();
  }
  void add_workload(const std::string& key) {
    reach(key);
    explore();
  }
  void name_all(Names& names) const {
    for (const auto& key : services_) names.insert({service_name(key), modes_of(key)});
    for (const auto& key : workloads_) names.insert({workload_name(key), modes_of(key)});
  }

 private:
  static std::string modes_of(const std::string& key) { return modes_name(namespace_of(key)); }
  void explore() {
    while (!ahead_.empty()) {
      const auto next = std::move(ahead_.back());
      ahead_.pop_back();
      for (const auto& workload : registry_.selected_by(next)) reach(workload);
    }
  }
  void reach(const std::string& workload) {
    if (!workloads_.insert(workload).second) return;
    for (const auto& service : registry_.selecting(workload)) {
      if (services_.insert(service).second) ahead_.push_back(service);
    }
  }

  const Registry& registry_;
  Names services_;
  Names workloads_;
  std::vector<std::string> ahead_;  // services whose workloads are still to be looked at
};

void add_address(const std::string& text, const Registry& registry, Connected& connected,
                 Names& names) {
  const auto ip = IpAddress::parse(text);
  const auto service = ip ? registry.service_at(*ip) : std::string();
  const auto workload = ip ? registry.workload_at(*ip) : std::string();
  if (!service.empty()) connected.add_service(service);
  if (!workload.empty()) connected.add_workload(workload);
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

Names wanted_by_all(const Registry& registry, bool complete) {
  Names names{"settings", "trust", modes_name("")};
  if (complete) add_everything(registry, names);
  return names;
}

Names wanted(const Interest& interest, const Registry& registry) {
  Names names{inbound_name(interest.proxy), workload_name(interest.proxy),
              rules_name(namespace_of(interest.proxy))};
  Connected connected(registry);
  for (const auto& address : interest.addresses) {
    add_address(address, registry, connected, names);
  }
  connected.name_all(names);
  return names;
}

}  // namespace mortise::control::discovery
