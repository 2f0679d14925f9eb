// runtime/net/names.h — which addresses stand behind a service, and the hosts and resolver files
// that workloads of a namespace see. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/workload.h"
#include "runtime/net/rules.h"

namespace mortise::runtime {

// One route per service address and port, with the ready workloads behind it; sorted. Headless
// services have no address and no route.
std::vector<ServiceRoute> service_routes(std::span<const model::Service> services,
                                         std::span<const model::Workload> workloads);

// The hosts file of `namespace_name`: every service as S.N, S.N.svc and S.N.svc.DOMAIN, those of
// the own namespace also as S. A headless service has one line per ready workload.
std::string hosts_text(const std::string& namespace_name, const std::string& cluster_domain,
                       std::span<const model::Service> services,
                       std::span<const model::Workload> workloads);

// No name server: the hosts file has every name, and what it lacks fails at once.
std::string resolver_text(const std::string& namespace_name, const std::string& cluster_domain);

}  // namespace mortise::runtime
