#include "runtime/net/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mortise::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

model::Service service(const std::string& space, const std::string& name, const char* address) {
  model::Service result;
  result.meta.ref = {"Service", space, name};
  result.selector = {{"app", name}};
  result.ports = {{.name = "http", .port = 8000, .target = std::string("web")}};
  result.address = ip(address);
  return result;
}

model::Workload workload(const std::string& space, const std::string& app, const char* address) {
  model::Workload result;
  result.namespace_name = space;
  result.name = app + "-1";
  result.labels = {{"app", app}};
  result.address = ip(address);
  result.ports = {{"web", 80}};
  result.ready = true;
  return result;
}

TEST(ServiceRoutes, LeadToReadyWorkloadsOfTheOwnNamespaceByPortName) {
  const std::vector services = {service("full", "httpbin", "198.19.0.1")};
  std::vector workloads = {
      workload("full", "httpbin", "198.18.0.9"), workload("full", "httpbin", "198.18.0.2"),
      workload("legacy", "httpbin", "198.18.0.3"), workload("full", "sleep", "198.18.0.4"),
      workload("full", "httpbin", "198.18.0.5")};
  workloads.back().ready = false;
  EXPECT_THAT(service_routes(services, workloads),
              ElementsAre(ServiceRoute{{ip("198.19.0.1"), 8000},
                                       {{ip("198.18.0.2"), 80}, {ip("198.18.0.9"), 80}}}));
}

TEST(ServiceRoutes, AWorkloadWithoutTheNamedPortIsNoEndpoint) {
  const std::vector services = {service("full", "httpbin", "198.19.0.1")};
  std::vector workloads = {workload("full", "httpbin", "198.18.0.2")};
  workloads[0].ports.clear();
  const auto routes = service_routes(services, workloads);
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_THAT(routes[0].endpoints, IsEmpty());
}

TEST(ServiceRoutes, AServiceWithoutSelectorHasNoEndpointsOfItsOwn) {
  std::vector services = {service("full", "httpbin", "198.19.0.1")};
  services[0].selector.clear();
  const std::vector workloads = {workload("full", "httpbin", "198.18.0.2")};
  EXPECT_THAT(service_routes(services, workloads)[0].endpoints, IsEmpty());
}

TEST(ServiceRoutes, AServiceWithoutAddressHasNone) {
  EXPECT_THAT(service_routes(std::vector{service("full", "new", "0.0.0.0")}, {}), IsEmpty());
}

TEST(HostsText, NamesServicesShortOnlyInTheirOwnNamespace) {
  const std::vector services = {service("legacy", "httpbin", "198.19.0.2"),
                                service("full", "httpbin", "198.19.0.1")};
  EXPECT_EQ(hosts_text("full", "cluster.local", services, {}),
            "127.0.0.1 localhost\n"
            "::1 localhost ip6-localhost ip6-loopback\n"
            "198.19.0.1 httpbin.full httpbin.full.svc httpbin.full.svc.cluster.local httpbin\n"
            "198.19.0.2 httpbin.legacy httpbin.legacy.svc httpbin.legacy.svc.cluster.local\n");
}

TEST(HostsText, HeadlessServicesNameEveryReadyWorkload) {
  std::vector services = {service("full", "httpbin", "0.0.0.0")};
  services[0].headless = true;
  const std::vector workloads = {workload("full", "httpbin", "198.18.0.3"),
                                 workload("full", "httpbin", "198.18.0.2")};
  const auto text = hosts_text("other", "mesh.example", services, workloads);
  EXPECT_THAT(text, HasSubstr("198.18.0.2 httpbin.full httpbin.full.svc "
                              "httpbin.full.svc.mesh.example\n198.18.0.3 httpbin.full"));
}

TEST(HostsText, LeavesOutServicesThatHaveNoAddressYet) {
  const std::vector services = {service("full", "new", "0.0.0.0")};
  EXPECT_THAT(hosts_text("full", "cluster.local", services, {}), Not(HasSubstr("new")));
}

TEST(ResolverText, SearchesTheOwnNamespaceFirst) {
  EXPECT_EQ(resolver_text("full", "cluster.local"),
            "search full.svc.cluster.local svc.cluster.local cluster.local\n");
}

}  // namespace
}  // namespace mortise::runtime
