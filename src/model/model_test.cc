#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/policy.h"
#include "model/workload.h"

namespace mortise::model {
namespace {

struct NamedPort {
  std::string name;
  std::uint16_t port;
  Protocol protocol;
};

class PortName : public testing::TestWithParam<NamedPort> {};

TEST_P(PortName, SaysTheProtocolBeforeItsFirstDash) {  // S-54
  const auto& param = GetParam();
  EXPECT_EQ(protocol_of(param.name, param.port), param.protocol)
      << param.name << " " << param.port << " is "
      << to_string(protocol_of(param.name, param.port));
}

INSTANTIATE_TEST_SUITE_P(
    S54, PortName,
    testing::Values(
        NamedPort{"http", 80, Protocol::http}, NamedPort{"http-web", 80, Protocol::http},
        NamedPort{"HTTP-web", 80, Protocol::http}, NamedPort{"http_proxy", 80, Protocol::http},
        NamedPort{"http2", 80, Protocol::http2}, NamedPort{"grpc-x", 1, Protocol::grpc},
        NamedPort{"grpc", 1, Protocol::grpc}, NamedPort{"grpc-web", 1, Protocol::http},
        NamedPort{"grpc-web-front", 1, Protocol::http},
        NamedPort{"grpc-website", 1, Protocol::grpc}, NamedPort{"https", 443, Protocol::tls},
        NamedPort{"tls-a", 443, Protocol::tls}, NamedPort{"redis", 1, Protocol::tcp},
        NamedPort{"mongo-db", 1, Protocol::tcp}, NamedPort{"mysql", 1, Protocol::tcp},
        NamedPort{"tcp-echo", 1, Protocol::tcp}, NamedPort{"", 80, Protocol::automatic},
        NamedPort{"web", 80, Protocol::automatic}, NamedPort{"httpbin", 80, Protocol::automatic},
        NamedPort{"-http", 80, Protocol::automatic}));

INSTANTIATE_TEST_SUITE_P(S52, PortName,
                         testing::Values(NamedPort{"", 25, Protocol::tcp},
                                         NamedPort{"", 53, Protocol::tcp},
                                         NamedPort{"db", 3306, Protocol::tcp},
                                         NamedPort{"", 27017, Protocol::tcp},
                                         NamedPort{"http", 3306, Protocol::http}));

TEST(Protocol, OnlyHttpFamiliesMeetTheHttpCodec) {
  EXPECT_TRUE(is_http(Protocol::http));
  EXPECT_TRUE(is_http(Protocol::http2));
  EXPECT_TRUE(is_http(Protocol::grpc));
  EXPECT_FALSE(is_http(Protocol::automatic));
  EXPECT_FALSE(is_http(Protocol::tcp));
  EXPECT_FALSE(is_http(Protocol::tls));
}

Workload with_ports(std::vector<ContainerPort> ports) {
  Workload workload;
  workload.ports = std::move(ports);
  return workload;
}

TEST(TargetPort, IsTheNumberWhetherTheWorkloadDeclaresItOrNot) {
  ServicePort port;
  port.target = std::uint16_t{8080};
  EXPECT_EQ(target_port(port, with_ports({})), 8080);
}

TEST(TargetPort, IsLookedUpByNameInEachWorkload) {
  ServicePort port;
  port.target = "web";
  EXPECT_EQ(target_port(port, with_ports({{"admin", 1}, {"web", 8000}})), 8000);
  EXPECT_EQ(target_port(port, with_ports({{"web", 9000}})), 9000);
  EXPECT_EQ(target_port(port, with_ports({{"admin", 1}})), std::nullopt);
}

TEST(HostOf, EndsInTheClusterDomain) {
  Service service;
  service.meta.ref = {"Service", "full", "httpbin"};
  EXPECT_EQ(host_of(service, "cluster.local"), "httpbin.full.svc.cluster.local");
}

TEST(Selects, IsASubsetTestAndEmptySelectsAll) {
  EXPECT_TRUE(selects({}, {}));
  EXPECT_TRUE(selects({}, {{"app", "a"}}));
  EXPECT_TRUE(selects({{"app", "a"}}, {{"app", "a"}, {"version", "v1"}}));
  EXPECT_FALSE(selects({{"app", "a"}, {"version", "v1"}}, {{"app", "a"}}));
  EXPECT_FALSE(selects({{"app", "a"}}, {{"app", "b"}}));
}

TEST(Older, ComparesTimeThenArrivalThenNameDotNamespace) {  // P-15, A-14
  const auto meta = [](std::int64_t seconds, std::uint64_t order, const std::string& name) {
    Meta meta;
    meta.ref = {"Policy", "ns", name};
    meta.created_seconds = seconds;
    meta.created_order = order;
    return meta;
  };
  EXPECT_TRUE(older(meta(1, 9, "z"), meta(2, 1, "a")));
  EXPECT_TRUE(older(meta(1, 1, "z"), meta(1, 2, "a")));
  EXPECT_TRUE(older(meta(1, 1, "a"), meta(1, 1, "b")));
  EXPECT_FALSE(older(meta(1, 1, "a"), meta(1, 1, "a")));
}

TEST(Words, AreThoseOfTheApi) {
  EXPECT_EQ(to_string(MtlsMode::disable), "DISABLE");
  EXPECT_EQ(to_string(MtlsMode::permissive), "PERMISSIVE");
  EXPECT_EQ(to_string(MtlsMode::strict), "STRICT");
  EXPECT_EQ(to_string(ClientTlsMode::istio_mutual), "ISTIO_MUTUAL");
  EXPECT_EQ(to_string(ClientTlsMode::mutual), "MUTUAL");
  EXPECT_EQ(to_string(ClientTlsMode::simple), "SIMPLE");
  EXPECT_EQ(to_string(ClientTlsMode::disable), "DISABLE");
  EXPECT_EQ((ObjectRef{"Policy", "full", "httpbin"}.to_string()), "Policy/full/httpbin");
}

}  // namespace
}  // namespace mortise::model
