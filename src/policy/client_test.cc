#include <gtest/gtest.h>

#include "policy/decide.h"
#include "policy/destination_rule.h"
#include "policy/testing.h"

namespace mortise::policy {
namespace {

using model::ClientTlsMode;
using testing::mesh_policy;
using testing::MtlsMode;
using testing::peer;
using testing::policy;
using testing::port;
using testing::rule;
using testing::service;
using testing::tls;
using testing::workload;

// A client in full calls httpbin.full:8000, whose two endpoints are at port 80.
class CallToHttpbin : public ::testing::Test {
 protected:
  ClientDecision decide(const std::string& from = "full", const std::string& subset = "") {
    return client_tls({from, &service_, &service_.ports[0], subset, &first_, {first_, second_}},
                      rules_);
  }
  // "ISTIO_MUTUAL auto"
  std::string said(const std::string& from = "full", const std::string& subset = "") {
    const auto decision = decide(from, subset);
    return std::string(to_string(decision.tls)) + " " + std::string(to_string(decision.because));
  }
  std::string rule_used(const std::string& from = "full") {
    const auto decision = decide(from);
    return decision.rule ? decision.rule->namespace_name + "/" + decision.rule->name : "none";
  }

  model::Service service_ = service("full", "httpbin", {port("http", 8000, 80)});
  model::Workload one_ = workload("full", "httpbin", true);
  model::Workload two_ = workload("full", "httpbin", true);
  EndpointFacts first_{{one_, {&service_}}, 80};
  EndpointFacts second_{{two_, {&service_}}, 80};
  RuleBook rules_;
};

TEST_F(CallToHttpbin, IsEncryptedUnlessTheServerIsDisabled) {  // M-23
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  rules_.legacy = {mesh_policy(MtlsMode::strict)};
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  rules_.legacy = {mesh_policy(MtlsMode::disable)};
  EXPECT_EQ(said(), "DISABLE server-disabled");
}

TEST_F(CallToHttpbin, IsPlainToAnEndpointWithoutSidecarWhateverThePolicy) {  // M-23, M-24
  one_.has_sidecar = false;
  one_.tls_mode = "";
  for (const auto mode : {MtlsMode::strict, MtlsMode::permissive, MtlsMode::disable}) {
    rules_.legacy = {mesh_policy(mode)};
    EXPECT_EQ(said(), "DISABLE no-server-sidecar");
  }
}

TEST_F(CallToHttpbin, IsPlainWhereTheLabelPinsPlainText) {  // M-10 to M-12
  for (const char* label : {"disabled", "Istio", "whatever"}) {
    one_.tls_mode = label;
    EXPECT_EQ(said(), "DISABLE tls-mode-label") << label;
  }
  rules_.legacy = {mesh_policy(MtlsMode::disable)};
  EXPECT_EQ(said(), "DISABLE tls-mode-label") << "the label is named before the mode";
}

TEST_F(CallToHttpbin, TrustsTheLabelAndNotTheSidecar) {  // M-12
  one_.has_sidecar = false;
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
}

TEST_F(CallToHttpbin, HonoursWorkloadAndPortLevelModesOfItsEndpoint) {  // K-4, M-22
  rules_.peer_authentications = {peer("full", "w", MtlsMode::disable, {{"version", "v1"}})};
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  one_.labels["version"] = "v1";
  EXPECT_EQ(said(), "DISABLE server-disabled");
  rules_.peer_authentications[0].port_modes = {{80, MtlsMode::strict}};
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
}

TEST_F(CallToHttpbin, IsPlainWithAutoOffUnlessARuleSaysOtherwise) {  // M-3, D-32
  rules_.settings.auto_mtls = false;
  EXPECT_EQ(said(), "DISABLE auto-off");
  rules_.destination_rules = {rule("full", "r", "httpbin", tls(ClientTlsMode::istio_mutual))};
  EXPECT_EQ(said(), "ISTIO_MUTUAL destination-rule");
}

TEST_F(CallToHttpbin, DoesWhatARuleSaysWhateverTheEndpointIs) {  // D-30, M-25
  one_.has_sidecar = false;
  one_.tls_mode = "";
  rules_.legacy = {mesh_policy(MtlsMode::disable)};
  const std::pair<ClientTlsMode, const char*> modes[] = {
      {ClientTlsMode::disable, "DISABLE destination-rule"},
      {ClientTlsMode::simple, "SIMPLE destination-rule"},
      {ClientTlsMode::mutual, "MUTUAL destination-rule"},
      {ClientTlsMode::istio_mutual, "ISTIO_MUTUAL destination-rule"}};
  for (const auto& [mode, expected] : modes) {
    rules_.destination_rules = {rule("full", "r", "httpbin", tls(mode))};
    EXPECT_EQ(said(), expected);
    EXPECT_EQ(decide().settings->mode, mode);
  }
}

TEST_F(CallToHttpbin, IsAutomaticUnderARuleWithoutTlsAndNamesTheRule) {  // D-31
  rules_.destination_rules = {rule("full", "r", "httpbin", model::TrafficPolicy{})};
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  EXPECT_EQ(rule_used(), "full/r");
  EXPECT_EQ(decide().settings, std::nullopt);
}

TEST_F(CallToHttpbin, TakesAPortEntryInPlaceOfTheWholeRule) {  // D-10
  auto whole = rule("full", "r", "httpbin", tls(ClientTlsMode::disable));
  whole.port_policies[8000] = {};
  rules_.destination_rules = {whole};
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto") << "the entry sets no tls: nothing is inherited";
  rules_.destination_rules[0].port_policies = {{80, {}}};
  EXPECT_EQ(said(), "DISABLE destination-rule") << "80 is not a port of the service";
}

TEST_F(CallToHttpbin, OverlaysTheSubsetOnTheRule) {  // D-12, D-13, K-5
  auto whole = rule("full", "r", "httpbin", tls(ClientTlsMode::disable));
  whole.subsets.push_back({"inherits", {}, std::nullopt, {}});
  whole.subsets.push_back({"empty", {}, model::TrafficPolicy{}, {}});
  whole.subsets.push_back({"own", {}, tls(ClientTlsMode::istio_mutual), {}});
  whole.subsets.push_back({"port", {}, tls(ClientTlsMode::simple), {{8000, {}}}});
  rules_.destination_rules = {whole};
  EXPECT_EQ(said("full", ""), "DISABLE destination-rule");
  EXPECT_EQ(said("full", "inherits"), "DISABLE destination-rule");
  EXPECT_EQ(said("full", "empty"), "DISABLE destination-rule");
  EXPECT_EQ(said("full", "own"), "ISTIO_MUTUAL destination-rule");
  EXPECT_EQ(said("full", "port"), "ISTIO_MUTUAL auto") << "replaces everything, tls included";
  EXPECT_EQ(said("full", "unknown"), "DISABLE destination-rule");
}

TEST_F(CallToHttpbin, CompletesAShortHostInTheRulesOwnNamespace) {  // D-20, D-21
  rules_.destination_rules = {rule("client", "r", "httpbin", tls(ClientTlsMode::disable))};
  EXPECT_EQ(rule_used("client"), "none") << "httpbin.client is another service";
  rules_.destination_rules = {rule("client", "r", "httpbin.full", tls(ClientTlsMode::disable))};
  EXPECT_EQ(rule_used("client"), "none") << "one dot is taken for a full name";
  rules_.destination_rules = {
      rule("client", "r", "httpbin.full.svc.cluster.local", tls(ClientTlsMode::disable))};
  EXPECT_EQ(rule_used("client"), "client/r");
}

TEST_F(CallToHttpbin, MatchesWildcardsBySuffix) {  // D-22
  for (const char* host : {"*", "*.local", "*.full.svc.cluster.local"}) {
    rules_.destination_rules = {rule("full", "r", host)};
    EXPECT_EQ(rule_used(), "full/r") << host;
  }
  for (const char* host : {"*.legacy.svc.cluster.local", "*.httpbin.full.svc.cluster.local"}) {
    rules_.destination_rules = {rule("full", "r", host)};
    EXPECT_EQ(rule_used(), "none") << host;
  }
}

TEST(HostMatches, DoesNotTakeADomainForItsOwnSubdomain) {  // D-22
  EXPECT_TRUE(host_matches("*.foo.com", "a.foo.com"));
  EXPECT_TRUE(host_matches("*.foo.com", "a.b.foo.com"));
  EXPECT_FALSE(host_matches("*.foo.com", "foo.com"));
  EXPECT_FALSE(host_matches("*.foo.com", "afoo.com"));
  EXPECT_FALSE(host_matches("foo.com", "a.foo.com"));
}

TEST_F(CallToHttpbin, FollowsTheMostSpecificHostAlone) {  // D-23
  rules_.destination_rules = {rule("full", "star", "*", tls(ClientTlsMode::disable)),
                              rule("full", "local", "*.local"),
                              rule("full", "ns", "*.full.svc.cluster.local")};
  EXPECT_EQ(rule_used(), "full/ns");
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto") << "rules for less specific hosts contribute nothing";
  rules_.destination_rules.push_back(rule("full", "exact", "httpbin"));
  EXPECT_EQ(rule_used(), "full/exact");
}

TEST_F(CallToHttpbin, PrefersAnExactHostToAWildcardOfTheSameLength) {  // D-23
  service_.meta.ref.name = "a";
  rules_.destination_rules = {rule("full", "wild", "*.full.svc.cluster.local"),
                              rule("full", "exact", "a.full.svc.cluster.local")};
  EXPECT_EQ(rule_used(), "full/exact");
}

TEST_F(CallToHttpbin, AsksClientThenServiceThenRootNamespace) {  // D-24, D-27
  rules_.destination_rules = {rule("istio-system", "root", "httpbin.full.svc.cluster.local"),
                              rule("third", "third", "httpbin.full.svc.cluster.local")};
  EXPECT_EQ(rule_used("client"), "istio-system/root");
  rules_.destination_rules.push_back(rule("full", "service", "httpbin"));
  EXPECT_EQ(rule_used("client"), "full/service");
  rules_.destination_rules.push_back(rule("client", "client", "*"));
  EXPECT_EQ(rule_used("client"), "client/client") << "before an exact one of the service";
}

TEST_F(CallToHttpbin, FromTheRootNamespaceSkipsRulesMeantForTheMesh) {  // D-25, K-11
  rules_.destination_rules = {rule("istio-system", "root", "*.local"),
                              rule("full", "service", "httpbin")};
  EXPECT_EQ(rule_used("istio-system"), "full/service");
  rules_.destination_rules[0].export_to = {"."};
  EXPECT_EQ(rule_used("istio-system"), "istio-system/root");
  EXPECT_EQ(rule_used("client"), "full/service");
}

TEST_F(CallToHttpbin, SeesOnlyRulesExportedToIt) {  // D-26, K-10
  struct Case {
    std::vector<std::string> export_to;
    bool to_client;
    bool to_own;
  };
  const Case cases[] = {{{}, true, true},          {{"*"}, true, true},
                        {{"."}, false, true},      {{"client"}, true, false},
                        {{"other"}, false, false}, {{".", "client"}, true, true}};
  rules_.destination_rules = {rule("full", "r", "httpbin")};
  for (const auto& item : cases) {
    rules_.destination_rules[0].export_to = item.export_to;
    EXPECT_EQ(rule_used("client") == "full/r", item.to_client);
    EXPECT_EQ(rule_used("full") == "full/r", item.to_own);
  }
}

TEST_F(CallToHttpbin, MergesRulesOfOneHostOldestFirst) {  // D-28
  auto old_rule = rule("full", "old", "httpbin.full.svc.cluster.local", std::nullopt, 1);
  old_rule.subsets.push_back({"v1", {}, tls(ClientTlsMode::simple), {}});
  auto middle = rule("full", "middle", "httpbin", tls(ClientTlsMode::disable), 2);
  middle.subsets.push_back({"v1", {}, tls(ClientTlsMode::mutual), {}});
  middle.subsets.push_back({"v2", {}, tls(ClientTlsMode::mutual), {}});
  const auto young = rule("full", "young", "httpbin", tls(ClientTlsMode::istio_mutual), 3);
  rules_.destination_rules = {young, middle, old_rule};
  EXPECT_EQ(rule_used(), "full/old");
  EXPECT_EQ(said("full", ""), "DISABLE destination-rule") << "of the oldest that has a policy";
  EXPECT_EQ(said("full", "v1"), "SIMPLE destination-rule") << "the later duplicate is dropped";
  EXPECT_EQ(said("full", "v2"), "MUTUAL destination-rule");
}

TEST_F(CallToHttpbin, FollowsTheClusterDomainOfTheSettings) {
  rules_.settings.cluster_domain = "example.org";
  rules_.destination_rules = {rule("full", "r", "*.example.org")};
  EXPECT_EQ(rule_used(), "full/r");
}

TEST_F(CallToHttpbin, ThatIsHeadlessNeedsEveryEndpointCapable) {  // K-6, M-30
  service_.headless = true;
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  two_.tls_mode = "disabled";
  EXPECT_EQ(said(), "DISABLE mixed-endpoints");
  two_.tls_mode = "istio";
  two_.labels["version"] = "v2";
  rules_.peer_authentications = {peer("full", "w", MtlsMode::disable, {{"version", "v2"}})};
  EXPECT_EQ(said(), "DISABLE server-disabled") << "each endpoint's own mode counts (K-16)";
  EXPECT_EQ(client_tls({"full", &service_, &service_.ports[0], "", nullptr, {}}, rules_).tls,
            ClientTls::plain);
}

TEST_F(CallToHttpbin, ThatIsHeadlessObeysARule) {  // M-33
  service_.headless = true;
  two_.tls_mode = "";
  rules_.destination_rules = {rule("full", "r", "httpbin", tls(ClientTlsMode::istio_mutual))};
  EXPECT_EQ(said(), "ISTIO_MUTUAL destination-rule");
}

TEST_F(CallToHttpbin, UnderPassthroughIsLikeHeadless) {  // K-14, M-31
  two_.tls_mode = "";
  EXPECT_EQ(said(), "ISTIO_MUTUAL auto");
  rules_.destination_rules = {
      rule("full", "r", "httpbin", model::TrafficPolicy{std::nullopt, true})};
  EXPECT_EQ(said(), "DISABLE mixed-endpoints");
}

TEST_F(CallToHttpbin, WithAutoOffNamesThatBeforeTheEndpoints) {
  service_.headless = true;
  two_.tls_mode = "";
  rules_.settings.auto_mtls = false;
  EXPECT_EQ(said(), "DISABLE auto-off");
}

TEST_F(CallToHttpbin, ByItsOwnAddressIsAutomaticToo) {  // K-20
  const auto by_address = [&] {
    return client_tls({"full", nullptr, nullptr, "", &first_, {}}, rules_);
  };
  EXPECT_EQ(by_address().tls, ClientTls::istio_mutual);
  rules_.destination_rules = {rule("full", "r", "*", tls(ClientTlsMode::disable))};
  EXPECT_EQ(by_address().tls, ClientTls::istio_mutual) << "an address has no host for a rule";
  one_.tls_mode = "";
  one_.has_sidecar = false;
  EXPECT_EQ(by_address().because, Because::no_server_sidecar);
}

TEST(CallToNobodyInTheMesh, GoesAsItIs) {  // M-20.1, M-34
  RuleBook rules;
  const CallFacts outside{"full", nullptr, nullptr, "", nullptr, {}};
  EXPECT_EQ(client_tls(outside, rules).tls, ClientTls::as_is);
  EXPECT_EQ(client_tls(outside, rules).because, Because::external);
  rules.settings.auto_mtls = false;
  EXPECT_EQ(client_tls(outside, rules).tls, ClientTls::as_is);
}

TEST_F(CallToHttpbin, AgreesWithTheServerForEveryPairOfModes) {  // Z-1, K-17
  for (const auto mesh : {MtlsMode::disable, MtlsMode::permissive, MtlsMode::strict}) {
    for (const auto own : {MtlsMode::disable, MtlsMode::permissive, MtlsMode::strict}) {
      rules_.legacy = {mesh_policy(mesh), policy("full", "p", own, {{"httpbin", {"http"}}})};
      const auto served = server_mode(first_.server, 80, rules_).mode;
      const auto sent = decide().tls;
      EXPECT_EQ(served, own);
      EXPECT_EQ(sent == ClientTls::plain, served == MtlsMode::disable);
    }
  }
}

}  // namespace
}  // namespace mortise::policy
