#include "policy/validate.h"

#include <gtest/gtest.h>

#include "policy/silenced.h"
#include "policy/testing.h"

namespace mortise::policy {
namespace {

using testing::mesh_policy;
using testing::MtlsMode;
using testing::peer;
using testing::policy;
using testing::rule;
using testing::tls;
constexpr auto kStrict = MtlsMode::strict;

template <class Object>
std::string fields(const Object& object) {
  std::string result;
  for (const auto& problem : validate(object)) result += problem.field + " ";
  return result;
}

TEST(ValidateLegacyPolicy, TiesTheNameDefaultToPoliciesWithoutTargets) {
  EXPECT_EQ(fields(policy("full", "default", kStrict)), "");
  EXPECT_EQ(fields(policy("full", "other", kStrict)), "metadata.name ");                 // P-23
  EXPECT_EQ(fields(policy("full", "default", kStrict, {{"a", {}}})), "metadata.name ");  // P-24
  EXPECT_EQ(fields(policy("full", "other", kStrict, {{"a", {}}})), "");
  EXPECT_EQ(fields(mesh_policy(kStrict)), "");
  EXPECT_EQ(fields(mesh_policy(kStrict, "other")), "metadata.name ");  // P-25
  auto with_targets = mesh_policy(kStrict);
  with_targets.targets = {{"a", {}}};
  EXPECT_EQ(fields(with_targets), "spec.targets ");  // P-26
}

TEST(ValidateLegacyPolicy, WantsShortServiceNames) {  // P-27
  for (const char* bad : {"foo.bar", "", "Foo", "*"}) {
    EXPECT_EQ(fields(policy("full", "p", kStrict, {{bad, {}}})), "spec.targets[0].name ") << bad;
  }
}

TEST(ValidateLegacyPolicy, WantsAPortNumberOrAName) {  // P-28
  const auto with = [](std::variant<std::uint16_t, std::string> port) {
    return fields(policy("full", "p", kStrict, {{"a", {std::move(port)}}}));
  };
  EXPECT_EQ(with(std::uint16_t{80}), "");
  EXPECT_EQ(with("http"), "");
  EXPECT_EQ(with(std::uint16_t{0}), "spec.targets[0].ports[0].number ");
  EXPECT_EQ(with("HTTP"), "spec.targets[0].ports[0].name ");
  EXPECT_EQ(with(""), "spec.targets[0].ports[0].number spec.targets[0].ports[0].name ");
}

TEST(ValidatePeerAuthentication, AllowsPortsOnlyWithASelector) {
  auto object = peer("full", "a", kStrict);
  EXPECT_EQ(fields(object), "");
  object.port_modes = {{80, kStrict}};
  EXPECT_EQ(fields(object), "spec.portLevelMtls ");
  object.selector = {{"app", "a"}};
  EXPECT_EQ(fields(object), "");
  object.port_modes[0] = kStrict;
  EXPECT_EQ(fields(object), "spec.portLevelMtls.0 ");
}

TEST(ValidatePeerAuthentication, AllowsNoWildcardsAndNoEmptyKeysInSelectors) {
  EXPECT_EQ(fields(peer("full", "a", kStrict, {{"app", "*"}})), "spec.selector.matchLabels ");
  EXPECT_EQ(fields(peer("full", "a", kStrict, {{"a*", "b"}})), "spec.selector.matchLabels ");
  EXPECT_EQ(fields(peer("full", "a", kStrict, {{"", "b"}})), "spec.selector.matchLabels ");
}

TEST(ValidatePeerAuthentication, AllowsAnyNameAndAnUnsetMode) {
  EXPECT_EQ(fields(peer("full", "anything", std::nullopt)), "");
  EXPECT_EQ(fields(peer("full", "default", kStrict, {{"app", "a"}})), "");
}

TEST(ValidateDestinationRule, WantsAHost) {  // D-7
  for (const char* good : {"a", "*", "*.local", "a.b.svc.cluster.local", "10.0.0.1"}) {
    EXPECT_EQ(fields(rule("full", "r", good)), "") << good;
  }
  for (const char* bad : {"", "a.*", "A b", "*a"}) {
    EXPECT_EQ(fields(rule("full", "r", bad)), "spec.host ") << bad;
  }
}

TEST(ValidateDestinationRule, WantsFilesForMutual) {  // D-7
  auto object = rule("full", "r", "a", tls(model::ClientTlsMode::mutual));
  EXPECT_EQ(fields(object), "spec.trafficPolicy.tls spec.trafficPolicy.tls ");
  object.policy->tls->client_certificate = "/c";
  object.policy->tls->private_key = "/k";
  EXPECT_EQ(fields(object), "");
  object.policy = tls(model::ClientTlsMode::mutual);
  object.policy->tls->credential_name = "secret";
  EXPECT_EQ(fields(object), "");
  EXPECT_EQ(fields(rule("full", "r", "a", tls(model::ClientTlsMode::simple))), "");
}

TEST(ValidateDestinationRule, WantsSubsetsWithNamesOfTheirOwn) {  // D-7, K-12
  auto object = rule("full", "r", "a");
  object.subsets.resize(3);
  object.subsets[0].name = "v1";
  object.subsets[1].name = "V1";
  object.subsets[2].name = "v1";
  EXPECT_EQ(fields(object), "spec.subsets[1].name spec.subsets[2].name ");
}

TEST(ValidateDestinationRule, WantsTheStarAloneInExportTo) {  // K-10
  auto object = rule("full", "r", "a");
  object.export_to = {".", "other"};
  EXPECT_EQ(fields(object), "");
  object.export_to = {"*", "other"};
  EXPECT_EQ(fields(object), "spec.exportTo[0] ");
  object.export_to = {"~"};
  EXPECT_EQ(fields(object), "spec.exportTo[0] ");
}

TEST(ValidateMeshSettings, WantsNamesThatCanBeUsed) {
  model::MeshSettings settings;
  EXPECT_EQ(fields(settings), "");
  settings.trust_domain = "Bad Domain";
  settings.trust_domain_aliases = {"good", "no/slash"};
  settings.root_namespace = "a.b";
  settings.cluster_domain = "";
  EXPECT_EQ(fields(settings),
            "spec.trustDomain spec.trustDomainAliases[1] spec.rootNamespace spec.clusterDomain ");
}

TEST(Silenced, NamesTheYoungerOfEqualRankAndWhoSilencesIt) {  // K-19
  RuleBook rules;
  rules.legacy = {policy("full", "b", kStrict, {{"httpbin", {}}}, 2),
                  policy("full", "a", kStrict, {{"httpbin", {}}}, 1)};
  const auto found = silenced(rules);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].object.name, "b");
  EXPECT_EQ(found[0].by.name, "a");
  EXPECT_EQ(found[0].what, "service httpbin");
  EXPECT_TRUE(found[0].whole);
}

TEST(Silenced, SaysWhetherSomethingOfTheObjectStillCounts) {
  RuleBook rules;
  rules.legacy = {policy("full", "a", kStrict, {{"httpbin", {"http"}}}, 1),
                  policy("full", "b", kStrict, {{"httpbin", {"http"}}, {"sleep", {}}}, 2)};
  const auto found = silenced(rules);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, "service httpbin, port http");
  EXPECT_FALSE(found[0].whole);
}

TEST(Silenced, IsNobodyWhereRanksDiffer) {
  RuleBook rules;
  rules.legacy = {mesh_policy(kStrict), policy("full", "default", kStrict),
                  policy("full", "a", kStrict, {{"httpbin", {}}}),
                  policy("full", "b", kStrict, {{"httpbin", {"http"}}}),
                  policy("legacy", "a", kStrict, {{"httpbin", {}}})};
  rules.peer_authentications = {peer("istio-system", "a", kStrict), peer("full", "a", kStrict),
                                peer("full", "b", kStrict, {{"app", "a"}}),
                                peer("full", "c", kStrict, {{"app", "b"}})};
  rules.destination_rules = {rule("full", "a", "x", tls(model::ClientTlsMode::simple)),
                             rule("legacy", "a", "x", tls(model::ClientTlsMode::simple))};
  EXPECT_EQ(silenced(rules), std::vector<Silenced>{});
}

TEST(Silenced, CountsPeerAuthenticationsByScopeAndRulesByHost) {  // A-13, D-28
  RuleBook rules;
  rules.peer_authentications = {peer("full", "a", kStrict, {}, 1),
                                peer("full", "b", kStrict, {}, 2)};
  rules.destination_rules = {
      rule("full", "a", "x", tls(model::ClientTlsMode::simple), 1),
      rule("full", "b", "x.full.svc.cluster.local", tls(model::ClientTlsMode::simple), 2)};
  const auto found = silenced(rules);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].object.to_string(), "PeerAuthentication/full/b");
  EXPECT_EQ(found[1].object.to_string(), "DestinationRule/full/b");
}

}  // namespace
}  // namespace mortise::policy
