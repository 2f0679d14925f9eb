#include <gtest/gtest.h>

#include "policy/decide.h"
#include "policy/testing.h"

namespace mortise::policy {
namespace {

using testing::mesh_policy;
using testing::MtlsMode;
using testing::peer;
using testing::policy;
using testing::port;
using testing::service;
using testing::workload;
constexpr auto kDisable = MtlsMode::disable;
constexpr auto kPermissive = MtlsMode::permissive;
constexpr auto kStrict = MtlsMode::strict;

// full/httpbin: service port 8000 "http" and 9000 "admin" lead to 80 and 90 of one workload.
class HttpbinMode : public ::testing::Test {
 protected:
  ServerMode mode(std::uint16_t port = 80) {
    return server_mode({workload_, {&service_}}, port, rules_);
  }
  // "STRICT by Policy/full/default (namespace)"
  std::string said(std::uint16_t port = 80) {
    const auto result = mode(port);
    const auto by = result.because ? result.because->to_string() : "nobody";
    return std::string(model::to_string(result.mode)) + " by " + by + " (" +
           std::string(to_string(result.scope)) + ")";
  }

  model::Workload workload_ = workload("full", "httpbin", true);
  model::Service service_ =
      service("full", "httpbin", {port("http", 8000, 80), port("admin", 9000, 90)});
  RuleBook rules_;
};

TEST_F(HttpbinMode, IsPermissiveWhenNobodySaysAnything) {  // K-2, A-41
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, ComesFromTheMeshPolicyCalledDefaultOnly) {  // P-12, P-19
  rules_.legacy = {mesh_policy(kDisable, "other")};
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
  rules_.legacy.push_back(mesh_policy(kStrict));
  EXPECT_EQ(said(), "STRICT by MeshPolicy//default (mesh)");
}

TEST_F(HttpbinMode, ComesFromTheNarrowestLegacyPolicyWhole) {  // P-12
  rules_.legacy = {mesh_policy(kStrict)};
  rules_.legacy.push_back(policy("full", "default", kPermissive));
  EXPECT_EQ(said(), "PERMISSIVE by Policy/full/default (namespace)");
  rules_.legacy.push_back(policy("full", "httpbin", kStrict, {{"httpbin", {}}}));
  EXPECT_EQ(said(), "STRICT by Policy/full/httpbin (service)");
  rules_.legacy.push_back(
      policy("full", "one-port", kPermissive, {{"httpbin", {std::uint16_t{8000}}}}));
  EXPECT_EQ(said(80), "PERMISSIVE by Policy/full/one-port (port)");
  EXPECT_EQ(said(90), "STRICT by Policy/full/httpbin (service)");
}

TEST_F(HttpbinMode, IsDisabledByANarrowerPolicyWithoutPeers) {  // P-13
  rules_.legacy = {mesh_policy(kStrict), policy("full", "httpbin", kDisable, {{"httpbin", {}}})};
  EXPECT_EQ(said(), "DISABLE by Policy/full/httpbin (service)");
}

TEST_F(HttpbinMode, FallsToTheNamespaceWherePortPoliciesNameOtherPorts) {  // P-14
  rules_.legacy = {mesh_policy(kStrict),
                   policy("full", "p", kDisable, {{"httpbin", {std::uint16_t{9000}}}})};
  EXPECT_EQ(said(80), "STRICT by MeshPolicy//default (mesh)");
  EXPECT_EQ(said(90), "DISABLE by Policy/full/p (port)");
}

TEST_F(HttpbinMode, ComesFromThePortPolicyEvenIfAServicePolicyIsOlder) {  // P-15, K-1
  rules_.legacy = {policy("full", "old", kStrict, {{"httpbin", {}}}, 1),
                   policy("full", "new", kPermissive, {{"httpbin", {std::uint16_t{8000}}}}, 2)};
  EXPECT_EQ(said(80), "PERMISSIVE by Policy/full/new (port)");
}

TEST_F(HttpbinMode, ComesFromTheOldestOfEqualRank) {  // P-15
  rules_.legacy = {policy("full", "b", kStrict, {{"httpbin", {}}}, 2),
                   policy("full", "a", kPermissive, {{"httpbin", {}}}, 3),
                   policy("full", "c", kDisable, {{"httpbin", {}}}, 1)};
  EXPECT_EQ(said(), "DISABLE by Policy/full/c (service)");
}

TEST_F(HttpbinMode, ComesFromTheFirstNameWhereAgesAreEqual) {  // P-15, A-14
  rules_.legacy = {policy("full", "b", kStrict, {{"httpbin", {}}}),
                   policy("full", "a", kPermissive, {{"httpbin", {}}})};
  EXPECT_EQ(said(), "PERMISSIVE by Policy/full/a (service)");
}

TEST_F(HttpbinMode, FollowsPortsByServiceNumberOrExactName) {  // P-3, P-16
  rules_.legacy = {policy("full", "a", kStrict, {{"httpbin", {"http"}}}),
                   policy("full", "b", kDisable, {{"httpbin", {std::uint16_t{9000}, "nobody"}}})};
  EXPECT_EQ(said(80), "STRICT by Policy/full/a (port)");
  EXPECT_EQ(said(90), "DISABLE by Policy/full/b (port)");
  rules_.legacy = {policy("full", "a", kStrict, {{"httpbin", {std::uint16_t{80}, "Http"}}})};
  EXPECT_EQ(said(80), "PERMISSIVE by nobody (default)") << "80 is the target port";
}

TEST_F(HttpbinMode, IsNotChangedByAPortSelectorThatNamesNothing) {  // P-16
  service_.ports = {port("", 8000, 80)};
  rules_.legacy = {policy("full", "a", kStrict, {{"httpbin", {""}}})};
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, IsNotChangedByAPolicyOfAnotherNamespaceWithTheSameTarget) {  // P-17
  rules_.legacy = {policy("legacy", "httpbin", kStrict, {{"httpbin", {}}})};
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, FollowsAnyOfSeveralTargets) {  // P-18
  rules_.legacy = {policy("full", "two", kStrict, {{"sleep", {}}, {"httpbin", {"admin"}}})};
  EXPECT_EQ(said(80), "PERMISSIVE by nobody (default)");
  EXPECT_EQ(said(90), "STRICT by Policy/full/two (port)");
}

TEST_F(HttpbinMode, OfAPortThatNoServiceDeclaresIgnoresLegacyPolicies) {
  rules_.legacy = {mesh_policy(kStrict)};
  EXPECT_EQ(said(7777), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, IsThatOfTheOldestServiceWithALegacyPolicy) {  // K-18
  auto first = service("full", "first", {port("http", 1, 80)});
  rules_.legacy = {policy("full", "httpbin", kStrict, {{"httpbin", {}}})};
  const ServerFacts facts{workload_, {&first, &service_}};
  EXPECT_EQ(server_mode(facts, 80, rules_).mode, kStrict) << "the first has none: ask the next";
  rules_.legacy.push_back(mesh_policy(kPermissive));
  EXPECT_EQ(server_mode(facts, 80, rules_).mode, kStrict) << "the mesh's is none of its own";
  rules_.legacy.push_back(policy("full", "first", kDisable, {{"first", {}}}));
  EXPECT_EQ(server_mode(facts, 80, rules_).mode, kDisable);
}

TEST_F(HttpbinMode, FollowsNamedTargetPortsOfTheWorkload) {
  service_.ports[0].target = "web";
  workload_.ports = {{"web", 8080}};
  rules_.legacy = {policy("full", "a", kStrict, {{"httpbin", {"http"}}})};
  EXPECT_EQ(said(8080), "STRICT by Policy/full/a (port)");
  EXPECT_EQ(said(80), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, NarrowsFromMeshToNamespaceToWorkload) {
  rules_.peer_authentications = {peer("istio-system", "any-name", kStrict)};
  EXPECT_EQ(said(), "STRICT by PeerAuthentication/istio-system/any-name (mesh)");
  rules_.peer_authentications.push_back(peer("full", "ns", kDisable));
  EXPECT_EQ(said(), "DISABLE by PeerAuthentication/full/ns (namespace)");
  rules_.peer_authentications.push_back(peer("full", "w", kPermissive, {{"app", "httpbin"}}));
  EXPECT_EQ(said(), "PERMISSIVE by PeerAuthentication/full/w (workload)");
}

TEST_F(HttpbinMode, IsInheritedWhereALevelIsUnset) {
  rules_.peer_authentications = {peer("istio-system", "mesh", kStrict),
                                 peer("full", "ns", std::nullopt),
                                 peer("full", "w", std::nullopt, {{"app", "httpbin"}})};
  EXPECT_EQ(said(), "STRICT by PeerAuthentication/istio-system/mesh (mesh)");
  rules_.peer_authentications[0].mode = std::nullopt;
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, IgnoresASelectorInTheRootNamespace) {
  rules_.peer_authentications = {peer("istio-system", "w", kStrict, {{"app", "httpbin"}})};
  rules_.legacy = {policy("full", "httpbin", kDisable, {{"httpbin", {}}})};
  EXPECT_EQ(said(), "DISABLE by Policy/full/httpbin (service)") << "it is not even in effect";
}

TEST_F(HttpbinMode, OfTheRootNamespaceItselfIsTheMeshs) {
  workload_.namespace_name = "istio-system";
  rules_.peer_authentications = {peer("istio-system", "w", kDisable, {{"app", "httpbin"}}),
                                 peer("istio-system", "mesh", kStrict)};
  EXPECT_EQ(said(), "STRICT by PeerAuthentication/istio-system/mesh (mesh)");
}

TEST_F(HttpbinMode, FollowsTheRootNamespaceOfTheSettings) {
  rules_.settings.root_namespace = "root";
  rules_.peer_authentications = {peer("istio-system", "a", kDisable), peer("root", "b", kStrict)};
  EXPECT_EQ(said(), "STRICT by PeerAuthentication/root/b (mesh)");
}

TEST_F(HttpbinMode, MatchesEverySelectorLabel) {
  rules_.peer_authentications = {
      peer("full", "w", kStrict, {{"app", "httpbin"}, {"version", "v2"}})};
  EXPECT_EQ(mode().mode, kPermissive);
  workload_.labels["version"] = "v2";
  EXPECT_EQ(mode().mode, kStrict);
}

TEST_F(HttpbinMode, OfAPortComesFromTheWorkloadsPolicyByWorkloadPort) {  // K-7
  auto policy = peer("full", "w", kStrict, {{"app", "httpbin"}});
  policy.port_modes = {{80, kDisable}, {8000, kPermissive}, {7777, kPermissive}};
  rules_.peer_authentications = {policy};
  EXPECT_EQ(said(80), "DISABLE by PeerAuthentication/full/w (port)");
  EXPECT_EQ(said(90), "STRICT by PeerAuthentication/full/w (workload)");
  EXPECT_EQ(said(7777), "PERMISSIVE by PeerAuthentication/full/w (port)") << "declared by nobody";
}

TEST_F(HttpbinMode, OfAPortThatIsListedUnsetIsTheWorkloads) {
  auto policy = peer("full", "w", std::nullopt, {{"app", "httpbin"}});
  policy.port_modes = {{80, std::nullopt}};
  rules_.peer_authentications = {policy, peer("full", "ns", kStrict)};
  EXPECT_EQ(said(80), "STRICT by PeerAuthentication/full/ns (namespace)");
}

TEST_F(HttpbinMode, IgnoresPortsOfPoliciesForMoreThanWorkloads) {
  auto policy = peer("full", "ns", kStrict);
  policy.port_modes = {{80, kDisable}};
  rules_.peer_authentications = {policy};
  EXPECT_EQ(said(80), "STRICT by PeerAuthentication/full/ns (namespace)");
}

TEST_F(HttpbinMode, ComesFromTheOldestOfALevelPortsAndAll) {
  auto newer = peer("full", "newer", kStrict, {{"app", "httpbin"}}, 2);
  newer.port_modes = {{80, kStrict}};
  workload_.labels["tier"] = "web";
  rules_.peer_authentications = {newer, peer("full", "older", kDisable, {{"tier", "web"}}, 1)};
  EXPECT_EQ(said(80), "DISABLE by PeerAuthentication/full/older (workload)");
}

TEST_F(HttpbinMode, IsTheParentsWhereTheOldestIsUnset) {
  rules_.peer_authentications = {peer("full", "new", kStrict, {}, 2),
                                 peer("full", "old", std::nullopt, {}, 1)};
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)");
}

TEST_F(HttpbinMode, IgnoresLegacyPoliciesOnceAPeerAuthenticationIsInEffect) {  // K-3, A-40
  rules_.legacy = {mesh_policy(kStrict), policy("full", "httpbin", kStrict, {{"httpbin", {}}})};
  rules_.peer_authentications = {peer("full", "ns", std::nullopt)};
  EXPECT_EQ(said(), "PERMISSIVE by nobody (default)") << "even one that sets nothing";
  rules_.peer_authentications = {peer("legacy", "ns", kDisable)};
  EXPECT_EQ(said(), "STRICT by Policy/full/httpbin (service)") << "but not another namespace's";
}

TEST(ModeOfAScope, IsWhatMtlsGetPrints) {
  RuleBook rules;
  EXPECT_EQ(mesh_mode(rules), ServerMode{});
  rules.legacy = {mesh_policy(kPermissive), policy("demo", "default", kStrict),
                  policy("demo", "b-1", kPermissive, {{"bookings", {"http"}}}),
                  policy("demo", "b-2", kDisable, {{"bookings", {}}})};
  EXPECT_EQ(mesh_mode(rules).because->to_string(), "MeshPolicy//default");
  EXPECT_EQ(namespace_mode("other", rules).scope, Scope::mesh);
  EXPECT_EQ(namespace_mode("demo", rules).because->to_string(), "Policy/demo/default");
  const auto bookings = service("demo", "bookings", {port("http", 8080, 80), port("x", 1, 2)});
  EXPECT_EQ(service_mode(bookings, &bookings.ports[0], rules).because->name, "b-1");
  EXPECT_EQ(service_mode(bookings, &bookings.ports[1], rules).because->name, "b-2");
  EXPECT_EQ(service_mode(bookings, nullptr, rules).because->name, "b-2");
  const auto other = service("demo", "other", {port("http", 80, 80)});
  EXPECT_EQ(service_mode(other, nullptr, rules).because->name, "default");
}

TEST(ModeOfAScope, FollowsPeerAuthenticationsWhereTheyAreInEffect) {  // K-3
  RuleBook rules;
  rules.legacy = {mesh_policy(kPermissive), policy("demo", "default", kDisable)};
  auto selective = peer("demo", "w", std::nullopt, {{"app", "bookings"}});
  selective.port_modes = {{80, kDisable}};
  rules.peer_authentications = {selective};
  const auto bookings = service("demo", "bookings", {port("http", 8080, 80), port("x", 1, 2)});
  EXPECT_EQ(namespace_mode("demo", rules).mode, kDisable) << "a workload's policy is not its";
  EXPECT_EQ(service_mode(bookings, nullptr, rules).mode, kPermissive);
  EXPECT_EQ(service_mode(bookings, &bookings.ports[0], rules).scope, Scope::port);
  rules.peer_authentications.push_back(peer("istio-system", "mesh", kStrict));
  EXPECT_EQ(mesh_mode(rules).mode, kStrict);
  EXPECT_EQ(namespace_mode("demo", rules).scope, Scope::mesh);
  EXPECT_EQ(service_mode(bookings, &bookings.ports[1], rules).mode, kStrict);
}

}  // namespace
}  // namespace mortise::policy
