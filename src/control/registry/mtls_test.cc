#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/registry/mtls_change.h"
#include "control/registry/mtls_rule.h"
#include "control/registry/testing.h"

namespace mortise::control::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

class Mtls : public testing::Test {
 protected:
  void SetUp() override {
    mesh_.apply(kBookings);
    mesh_.apply(kMeshPermissive);
  }

  Planned plan(const std::string& resource, MtlsAction action) {
    return plan_mtls(mesh_.registry(), *parse_mtls_resource(resource), action,
                     {++now_, "test", "", false}, random_);
  }
  void change(const std::string& resource, MtlsAction action) {
    mesh_.accept(plan(resource, action));
  }
  MtlsRule get(const std::string& resource) {
    return *mtls_rule(*parse_mtls_resource(resource), mesh_.registry());
  }
  MtlsRow row(const std::string& resource) {
    const auto rule = get(resource);
    EXPECT_THAT(rule.rows, SizeIs(1));
    return rule.rows.at(0);
  }
  std::size_t policies() {
    return mesh_.registry().rules().legacy.size() +
           mesh_.registry().rules().peer_authentications.size();
  }

  MeshForTest mesh_;
  Random random_{7};
  std::int64_t now_ = 1'700'000'000;
};

constexpr const char* kPort = "backyards-demo/bookings:8080";
constexpr const char* kService = "backyards-demo/bookings";
constexpr const char* kNamespace = "backyards-demo";

// The tutorial "Changing Istio mTLS settings using the Backyards CLI".
TEST_F(Mtls, WalksThroughTheTutorial) {
  change("mesh", MtlsAction::allow);
  EXPECT_EQ(get("mesh").rule, "/mesh");
  EXPECT_EQ(row("mesh").policy, "/default");
  EXPECT_EQ(row("mesh").mode, "PERMISSIVE");

  change(kNamespace, MtlsAction::require);
  EXPECT_EQ(get(kNamespace).rule, "backyards-demo/");
  EXPECT_EQ(row(kNamespace).policy, "backyards-demo/default");
  EXPECT_THAT(row(kNamespace).targets, IsEmpty());
  EXPECT_EQ(row(kNamespace).mode, "STRICT");

  change(kPort, MtlsAction::allow);
  EXPECT_EQ(get(kPort).rule, "backyards-demo/bookings");
  EXPECT_THAT(row(kPort).policy, MatchesRegex("backyards-demo/bookings-[a-z0-9]{5}"));
  EXPECT_THAT(row(kPort).targets, ElementsAre("bookings(8080)"));
  EXPECT_EQ(row(kPort).mode, "PERMISSIVE");

  change(kPort, MtlsAction::unset);
  EXPECT_EQ(row(kPort).policy, "backyards-demo/default");
  EXPECT_EQ(row(kPort).mode, "STRICT");

  change(kNamespace, MtlsAction::unset);
  EXPECT_EQ(row(kNamespace).policy, "/default");
  EXPECT_EQ(row(kNamespace).mode, "PERMISSIVE");
  EXPECT_EQ(policies(), 1U);
}

TEST_F(Mtls, SaysItInTheWordsOfTheSeed) {
  const auto message = [](const char* resource, MtlsAction action) {
    return mtls_message(*parse_mtls_resource(resource), action);
  };
  EXPECT_EQ(message("mesh", MtlsAction::allow), "switched global mTLS to PERMISSIVE successfully");
  EXPECT_EQ(message(kNamespace, MtlsAction::require),
            "policy peers for backyards-demo/ set successfully");
  EXPECT_EQ(message(kPort, MtlsAction::unset),
            "policy peers for backyards-demo/bookings unset successfully");
}

TEST_F(Mtls, ASecondVerbEditsTheSameObject) {
  change(kPort, MtlsAction::allow);
  const auto first = row(kPort).policy;
  change(kPort, MtlsAction::require);
  EXPECT_EQ(row(kPort).policy, first);
  change("backyards-demo/bookings:http", MtlsAction::disable);
  EXPECT_EQ(row(kPort).policy, first);
  EXPECT_EQ(row(kPort).mode, "DISABLED");
}

TEST_F(Mtls, AServiceShowsItsOwnPoliciesBeforeInheritedOnes) {
  change(kNamespace, MtlsAction::require);
  EXPECT_EQ(row(kService).policy, "backyards-demo/default");
  change(kPort, MtlsAction::allow);
  EXPECT_THAT(row(kService).targets, ElementsAre("bookings(8080)"));
  change(kService, MtlsAction::disable);
  EXPECT_THAT(get(kService).rows, SizeIs(2));
}

TEST_F(Mtls, TheMeshIsNeitherDisabledNorUnset) {
  for (const auto action : {MtlsAction::disable, MtlsAction::unset}) {
    const auto planned = plan("mesh", action);
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().code, Code::denied);
  }
}

TEST_F(Mtls, UnsetOfWhatIsNotSetChangesNothing) {
  const auto planned = plan(kService, MtlsAction::unset);
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->change.empty());
}

TEST_F(Mtls, APolicyForSeveralPlacesLetsGoOfOneAndKeepsTheRest) {
  mesh_.apply(R"({apiVersion: authentication.istio.io/v1alpha1, kind: Policy,
      metadata: {name: both, namespace: backyards-demo},
      spec: {targets: [{name: bookings, ports: [{number: 8080}, {number: 8083}]}],
             peers: [{mtls: {}}]}})");
  change(kPort, MtlsAction::allow);
  EXPECT_THAT(row(kPort).policy, StartsWith("backyards-demo/bookings-"));
  EXPECT_EQ(row("backyards-demo/bookings:8083").policy, "backyards-demo/both");
  EXPECT_THAT(row("backyards-demo/bookings:8083").targets, ElementsAre("bookings(8083)"));
  change("backyards-demo/bookings:8083", MtlsAction::unset);
  EXPECT_EQ(mesh_.registry().find({"Policy", "backyards-demo", "both"}), nullptr)
      << "without targets it would be a policy of the whole namespace";
}

// docs/spec/cli.md, "Which object the verbs write"; semantics K-3.
TEST_F(Mtls, WritesPeerAuthenticationsWhereOneIsInEffect) {
  mesh_.apply(R"({apiVersion: security.istio.io/v1beta1, kind: PeerAuthentication,
      metadata: {name: mesh, namespace: istio-system}, spec: {mtls: {mode: STRICT}}})");
  change("mesh", MtlsAction::allow);
  EXPECT_EQ(row("mesh").policy, "istio-system/mesh");
  EXPECT_EQ(row("mesh").mode, "PERMISSIVE");
  EXPECT_EQ(policies(), 2U);

  change(kNamespace, MtlsAction::require);
  EXPECT_NE(mesh_.registry().find({"PeerAuthentication", "backyards-demo", "default"}), nullptr);
  EXPECT_EQ(row(kNamespace).mode, "STRICT");

  mesh_.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  change(kPort, MtlsAction::disable);
  EXPECT_EQ(row(kPort).mode, "DISABLED");
  EXPECT_THAT(row(kPort).targets, ElementsAre("app=bookings(80)")) << "the target port, A-3";
  EXPECT_EQ(row("backyards-demo/bookings:8083").mode, "STRICT");

  change(kPort, MtlsAction::unset);
  EXPECT_EQ(row(kPort).mode, "STRICT");
  change(kNamespace, MtlsAction::unset);
  EXPECT_EQ(row(kNamespace).policy, "istio-system/mesh");
  EXPECT_EQ(policies(), 2U);
}

TEST_F(Mtls, TheRootNamespaceIsNotAnotherWordForTheMesh) {
  mesh_.apply(R"({apiVersion: security.istio.io/v1beta1, kind: PeerAuthentication,
      metadata: {name: mesh, namespace: istio-system}, spec: {mtls: {mode: STRICT}}})");
  const auto planned = plan("istio-system", MtlsAction::allow);
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().sentence, HasSubstr("`mesh`"));
}

TEST_F(Mtls, NamesWhatIsNotThere) {
  const auto error = [&](const std::string& resource) {
    return mtls_rule(*parse_mtls_resource(resource), mesh_.registry()).error().what();
  };
  EXPECT_THAT(error("nope"), HasSubstr("no namespace nope"));
  EXPECT_THAT(error("backyards-demo/nope"), HasSubstr("no service nope"));
  EXPECT_THAT(error("backyards-demo/bookings:1"), HasSubstr("8080 (http)"));
}

TEST(MtlsResource, UnderstandsTheFourForms) {
  EXPECT_EQ(parse_mtls_resource("mesh")->rule_name(), "/mesh");
  EXPECT_EQ(parse_mtls_resource("a")->rule_name(), "a/");
  EXPECT_EQ(parse_mtls_resource("a/")->rule_name(), "a/");
  EXPECT_EQ(parse_mtls_resource("a/b")->rule_name(), "a/b");
  EXPECT_EQ(parse_mtls_resource("a/b:http")->port, PortChoice("http"));
  EXPECT_EQ(parse_mtls_resource("a/b:80")->port, PortChoice(std::uint16_t{80}));
  for (const auto* wrong : {"", "/b", "a/b:", "a/b:0", "a/b:70000", "A", "a/b/c", "a/b:80x_"}) {
    EXPECT_FALSE(parse_mtls_resource(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mortise::control::registry
