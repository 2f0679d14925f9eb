#include "runtime/net/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace mortise::runtime {

namespace {

bool is_endpoint(const model::Service& service, const model::Workload& workload) {
  // A service without selector gets its endpoints from elsewhere, never from every workload.
  return workload.ready && !service.selector.empty() &&
         workload.namespace_name == service.meta.ref.namespace_name &&
         model::selects(service.selector, workload.labels);
}

std::vector<IpAddress> addresses_of(const model::Service& service,
                                    std::span<const model::Workload> workloads) {
  if (!service.headless) {
    if (service.address == IpAddress()) return {};  // none given yet
    return {service.address};
  }
  std::vector<IpAddress> addresses;
  for (const auto& workload : workloads)
    if (is_endpoint(service, workload)) addresses.push_back(workload.address);
  std::ranges::sort(addresses);
  return addresses;
}

}  // namespace

std::vector<ServiceRoute> service_routes(std::span<const model::Service> services,
                                         std::span<const model::Workload> workloads) {
  std::vector<ServiceRoute> routes;
  for (const auto& service : services) {
    if (service.headless || service.address == IpAddress()) continue;
    for (const auto& port : service.ports) {
      ServiceRoute route{.address = {service.address, port.port}, .endpoints = {}};
      for (const auto& workload : workloads) {
        if (!is_endpoint(service, workload)) continue;
        if (const auto target = model::target_port(port, workload))
          route.endpoints.push_back({workload.address, *target});
      }
      std::ranges::sort(route.endpoints);
      routes.push_back(std::move(route));
    }
  }
  std::ranges::sort(routes, {}, &ServiceRoute::address);
  return routes;
}

std::string hosts_text(const std::string& namespace_name, const std::string& cluster_domain,
                       std::span<const model::Service> services,
                       std::span<const model::Workload> workloads) {
  std::string text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  std::vector<const model::Service*> sorted;
  for (const auto& service : services) sorted.push_back(&service);
  std::ranges::sort(sorted, {}, [](const auto* service) { return service->meta.ref; });
  for (const auto* service : sorted) {
    const auto& ref = service->meta.ref;
    const auto full = fmt::format("{}.{}", ref.name, ref.namespace_name);
    auto names = fmt::format("{0} {0}.svc {0}.svc.{1}", full, cluster_domain);
    if (ref.namespace_name == namespace_name) names += " " + ref.name;
    for (const auto& address : addresses_of(*service, workloads))
      text += fmt::format("{} {}\n", address.to_string(), names);
  }
  return text;
}

std::string resolver_text(const std::string& namespace_name, const std::string& cluster_domain) {
  return fmt::format("search {0}.svc.{1} svc.{1} {1}\n", namespace_name, cluster_domain);
}

}  // namespace mortise::runtime
