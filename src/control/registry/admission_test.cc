#include "control/registry/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/registry/testing.h"

namespace mortise::control::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string policy(const std::string& name, const std::string& targets) {
  return "{apiVersion: authentication.istio.io/v1alpha1, kind: Policy, metadata: {name: " + name +
         ", namespace: backyards-demo}, spec: {targets: [" + targets + "], peers: [{mtls: {}}]}}";
}

std::string peer(const std::string& name, const std::string& selector) {
  return "{apiVersion: security.istio.io/v1beta1, kind: PeerAuthentication, metadata: {name: " +
         name + ", namespace: backyards-demo}, spec: {" + selector + " mtls: {mode: STRICT}}}";
}

std::string rule(const std::string& name, const std::string& spec) {
  return "{apiVersion: networking.istio.io/v1alpha3, kind: DestinationRule, metadata: {name: " +
         name + ", namespace: backyards-demo}, spec: {host: bookings" + spec + "}}";
}

const std::string kIstioMutual = ", trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}";

class Admission : public testing::Test {
 protected:
  void SetUp() override { mesh_.apply(kBookings); }

  std::string refused(const std::string& yaml, Code code) {
    const auto planned = mesh_.plan(yaml);
    EXPECT_FALSE(planned) << "was admitted";
    if (planned) return {};
    EXPECT_EQ(planned.error().code, code);
    EXPECT_THAT(planned.error().problems, testing::Not(IsEmpty()));
    return planned.error().sentence;
  }

  MeshForTest mesh_;
};

TEST_F(Admission, AnUnknownNamespaceIsRefusedWithTheRemedy) {
  EXPECT_THAT(
      refused("{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: nope}}",
              Code::invalid),
      HasSubstr("create namespace nope"));
}

TEST_F(Admission, TheSameFilesMayCreateTheNamespace) {
  EXPECT_TRUE(
      mesh_.plan("{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: n}}"
                 "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: n}}"));
}

TEST_F(Admission, OneBadObjectKeepsOutTheWholeBatch) {
  const auto planned =
      mesh_.plan(policy("good", "{name: bookings}") + "\n---\n" + policy("default", "{name: a}"));
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().problems, SizeIs(1));
  EXPECT_GT(planned.error().problems[0].line, 0);
}

TEST_F(Admission, ApplyingTwiceChangesNothing) {
  mesh_.apply(policy("p", "{name: bookings}"));
  const auto planned = mesh_.plan(policy("p", "{name: bookings}"));
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->change.empty());
  EXPECT_THAT(planned->objects, ElementsAre(ObjectAction{"Policy/backyards-demo/p", "unchanged"}));
}

TEST_F(Admission, AnEditKeepsTheAge) {
  mesh_.apply(policy("p", "{name: bookings}"));
  const auto before = mesh_.registry().find({"Policy", "backyards-demo", "p"})->meta();
  mesh_.apply(policy("p", "{name: bookings, ports: [{number: 8080}]}"));
  const auto after = mesh_.registry().find({"Policy", "backyards-demo", "p"})->meta();
  EXPECT_EQ(before.created_seconds, after.created_seconds);
  EXPECT_EQ(before.created_order, after.created_order);
}

TEST_F(Admission, SimpleAndMutualAreNotCarriedYet) {
  EXPECT_THAT(refused(rule("r", ", trafficPolicy: {tls: {mode: SIMPLE}}"), Code::invalid),
              HasSubstr("not carried yet"));
  EXPECT_THAT(refused(rule("r",
                           ", subsets: [{name: v1, labels: {v: a}, "
                           "trafficPolicy: {tls: {mode: SIMPLE}}}]"),
                      Code::invalid),
              HasSubstr("not carried yet"));
  EXPECT_TRUE(mesh_.plan(rule("r", kIstioMutual)));
}

// semantics K-19
TEST_F(Admission, ASecondPolicyForTheSameServiceIsRefusedUnlessForced) {
  mesh_.apply(policy("first", "{name: bookings}"));
  const auto second = policy("second", "{name: bookings}");
  const auto sentence = refused(second, Code::conflict);
  EXPECT_THAT(sentence, HasSubstr("Policy/backyards-demo/second"));
  EXPECT_THAT(sentence, HasSubstr("Policy/backyards-demo/first"));
  EXPECT_TRUE(mesh_.plan(second, true));
}

TEST_F(Admission, APortByNameIsTheSamePortAsByNumber) {
  mesh_.apply(policy("first", "{name: bookings, ports: [{number: 8080}]}"));
  refused(policy("second", "{name: bookings, ports: [{name: http}]}"), Code::conflict);
  EXPECT_TRUE(mesh_.plan(policy("other", "{name: bookings, ports: [{name: tcp}]}")));
}

// semantics K-1: a port is another rank than its service.
TEST_F(Admission, APolicyForAPortStandsBesideOneForTheService) {
  mesh_.apply(policy("wide", "{name: bookings}"));
  EXPECT_TRUE(mesh_.plan(policy("narrow", "{name: bookings, ports: [{number: 8080}]}")));
}

TEST_F(Admission, ASecondPeerAuthenticationForTheNamespaceIsRefused) {
  mesh_.apply(peer("first", ""));
  EXPECT_THAT(refused(peer("second", ""), Code::conflict), HasSubstr("whole namespace"));
  EXPECT_TRUE(mesh_.plan(peer("narrow", "selector: {matchLabels: {app: bookings}},")));
}

TEST_F(Admission, SelectorsThatMeetTheSameWorkloadsAreOfEqualRank) {
  mesh_.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  mesh_.apply(peer("first", "selector: {matchLabels: {app: bookings}},"));
  refused(peer("second", "selector: {matchLabels: {app: bookings}},"), Code::conflict);
  EXPECT_TRUE(mesh_.plan(peer("other", "selector: {matchLabels: {app: movies}},")));
}

// semantics D-28: rules for one host merge.
TEST_F(Admission, DestinationRulesForOneHostMayCompleteButNotRepeatEachOther) {
  mesh_.apply(rule("first", kIstioMutual));
  refused(rule("second", kIstioMutual), Code::conflict);
  EXPECT_TRUE(mesh_.plan(rule("subsets", ", subsets: [{name: v1, labels: {version: v1}}]")));
}

TEST_F(Admission, AServiceThatSelectsNothingIsRefusedUnlessForced) {
  const std::string lonely = R"({apiVersion: v1, kind: Service, metadata: {name: a},
      spec: {selector: {app: a}, ports: [{port: 80}]}})";
  EXPECT_THAT(refused(lonely, Code::invalid), HasSubstr("no workload has these labels"));
  const auto planned = mesh_.plan(lonely, true);
  ASSERT_TRUE(planned);
  EXPECT_THAT(planned->notes, ElementsAre(HasSubstr("selects no workload")));
}

TEST_F(Admission, AServiceMayComeWithItsWorkloadOrAfterIt) {
  const std::string service = R"({apiVersion: v1, kind: Service, metadata: {name: a},
      spec: {selector: {app: a}, ports: [{port: 80}]}})";
  const std::string pod = R"({apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: a}},
      spec: {containers: [{name: a, command: [sleep, infinity]}]}})";
  EXPECT_TRUE(mesh_.plan(service + "\n---\n" + pod));
  mesh_.apply(pod);
  EXPECT_TRUE(mesh_.plan(service));
}

TEST_F(Admission, AStrictPolicyForANamespaceSaysWhatItDoesNotGovern) {  // semantics A-44
  const auto planned = mesh_.plan(R"({apiVersion: authentication.istio.io/v1alpha1, kind: Policy,
      metadata: {name: default, namespace: backyards-demo}, spec: {peers: [{mtls: {}}]}})");
  ASSERT_TRUE(planned);
  EXPECT_THAT(planned->notes, ElementsAre(HasSubstr("every other port still takes plain text")));
}

TEST_F(Admission, APolicyForAServiceThatIsNotThereIsNoted) {
  const auto planned = mesh_.plan(policy("p", "{name: nobody}"));
  ASSERT_TRUE(planned);
  EXPECT_THAT(planned->notes, ElementsAre(HasSubstr("nobody")));
}

TEST_F(Admission, DeletingANamespaceDeletesWhatIsInIt) {
  mesh_.remove({"Namespace", "", "backyards-demo"});
  EXPECT_THAT(mesh_.registry().objects(), IsEmpty());
  EXPECT_THAT(mesh_.registry().addresses(), IsEmpty());
}

TEST_F(Admission, PermanentNamespacesStay) {
  const auto planned = plan_delete(mesh_.registry(), {{"Namespace", "", "default"}}, {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Code::denied);
}

TEST_F(Admission, DeletingWhatIsNotThereIsAnError) {
  const auto planned = plan_delete(mesh_.registry(), {{"Policy", "backyards-demo", "x"}}, {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Code::not_found);
}

TEST_F(Admission, RegisteringAWorkloadAgainPlansNothing) {
  const auto record = MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2);
  mesh_.run(record);
  const auto planned = plan_workloads(mesh_.registry(), {record}, {99, "runtime", "", false});
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->change.empty());
}

TEST_F(Admission, TwoWorkloadsCannotHaveOneAddress) {
  mesh_.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  const auto movies = MeshForTest::workload("backyards-demo", "movies-1", "movies", 2);
  const auto planned = plan_workloads(mesh_.registry(), {movies}, {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Code::conflict);
}

TEST_F(Admission, WorkloadsRegisteredTogetherAreOneChangeOrNone) {
  auto first = MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2);
  auto second = MeshForTest::workload("backyards-demo", "movies-1", "movies", 3);
  const auto both = plan_workloads(mesh_.registry(), {first, second}, {});
  ASSERT_TRUE(both);
  EXPECT_THAT(both->change.put_workloads, SizeIs(2));
  second.workload.address = first.workload.address;
  const auto none = plan_workloads(mesh_.registry(), {first, second}, {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().sentence, HasSubstr("movies-1"));
}

TEST_F(Admission, TheTrustDomainIsFixedWhileSidecarsRun) {
  const std::string config =
      "{apiVersion: mortise.dev/v1, kind: MeshConfig, metadata: {name: "
      "default}, spec: {trustDomain: example.org}}";
  EXPECT_TRUE(mesh_.plan(config));
  mesh_.run(MeshForTest::workload("backyards-demo", "bookings-1", "bookings", 2));
  EXPECT_THAT(refused(config, Code::invalid), HasSubstr("trust domain"));
}

}  // namespace
}  // namespace mortise::control::registry
