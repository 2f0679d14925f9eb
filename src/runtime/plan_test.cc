#include "runtime/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mortise::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

model::Namespace space(const std::string& name, model::Labels labels = {}) {
  model::Namespace result;
  result.meta.ref = {"Namespace", "", name};
  result.meta.labels = std::move(labels);
  return result;
}

model::PodTemplate pod_with(std::vector<std::string> command) {
  model::PodTemplate pod;
  pod.labels = {{"app", "httpbin"}};
  model::Container container;
  container.name = "main";
  container.command = std::move(command);
  container.ports = {{"http", 80}};
  pod.containers.push_back(container);
  return pod;
}

model::Deployment deployment(const std::string& name, int replicas, model::PodTemplate pod) {
  model::Deployment result;
  result.meta.ref = {"Deployment", "full", name};
  result.replicas = replicas;
  result.pod = std::move(pod);
  return result;
}

// A host where every planned instance exists at once.
struct Host {
  Inventory inventory;
  Images images{{}};
  Random random{7};
  std::vector<WorkloadSpec> running;
  std::set<std::string> ready;

  Plan plan_now() {
    std::vector<Existing> existing;
    for (const auto& spec : running) existing.push_back({&spec, ready.contains(spec.key())});
    return plan(inventory, images, existing, random);
  }
  Plan settle() {
    auto planned = plan_now();
    std::erase_if(running, [&](const auto& spec) { return planned.remove.contains(spec.key()); });
    running.insert(running.end(), planned.create.begin(), planned.create.end());
    return planned;
  }
  void all_ready() {
    for (const auto& spec : running) ready.insert(spec.key());
  }
};

TEST(Plan, NamesDeploymentInstancesAsKubernetesDoes) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 2, pod_with({"serve"}))};
  const auto planned = host.settle();
  ASSERT_THAT(planned.create, SizeIs(2));
  for (const auto& spec : planned.create) {
    EXPECT_THAT(spec.name, MatchesRegex("httpbin-[a-z0-9]{10}-[a-z0-9]{5}"));
    EXPECT_EQ(spec.owner, "httpbin");
    EXPECT_EQ(spec.labels.at("pod-template-hash"), spec.hash);
  }
  EXPECT_NE(planned.create[0].name, planned.create[1].name);
}

TEST(Plan, ChangesNothingWhenWhatExistsFits) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 2, pod_with({"serve"}))};
  host.settle();
  const auto again = host.plan_now();
  EXPECT_THAT(again.create, IsEmpty());
  EXPECT_THAT(again.remove, IsEmpty());
}

TEST(Plan, KeepsReadyInstancesWhenItScalesDown) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 3, pod_with({"serve"}))};
  host.settle();
  host.ready = {host.running[2].key()};
  host.inventory.deployments[0].replicas = 1;
  host.settle();
  ASSERT_THAT(host.running, SizeIs(1));
  EXPECT_TRUE(host.ready.contains(host.running[0].key()));
}

TEST(Plan, OldReadyInstancesStayUntilTheNewOnesAreReady) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 1, pod_with({"old"}))};
  host.settle();
  host.all_ready();
  host.inventory.deployments[0].pod = pod_with({"new"});
  const auto first = host.settle();
  EXPECT_THAT(first.create, SizeIs(1));
  EXPECT_THAT(first.remove, IsEmpty());
  host.all_ready();
  const auto second = host.settle();
  EXPECT_THAT(second.remove, SizeIs(1));
  ASSERT_THAT(host.running, SizeIs(1));
  EXPECT_THAT(host.running[0].programs[0].argv, ElementsAre("new"));
}

TEST(Plan, OldInstancesThatDoNotWorkGoAtOnce) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 1, pod_with({"broken"}))};
  host.settle();
  host.inventory.deployments[0].pod = pod_with({"repaired"});
  EXPECT_THAT(host.plan_now().remove, SizeIs(1));
}

TEST(Plan, APodKeepsItsNameSoTheOldOneGoesFirst) {
  Host host;
  model::Pod pod;
  pod.meta.ref = {"Pod", "full", "one"};
  pod.pod = pod_with({"old"});
  host.inventory.pods = {pod};
  host.settle();
  EXPECT_EQ(host.running[0].name, "one");
  host.inventory.pods[0].pod = pod_with({"new"});
  const auto first = host.settle();
  EXPECT_THAT(first.create, IsEmpty());
  EXPECT_THAT(first.remove, ElementsAre("full/one"));
  EXPECT_THAT(host.settle().create, SizeIs(1));
}

TEST(Plan, RemovesWhatNobodyDeclaresAnyMore) {
  Host host;
  host.inventory.deployments = {deployment("httpbin", 2, pod_with({"serve"}))};
  host.settle();
  host.inventory.deployments.clear();
  EXPECT_THAT(host.plan_now().remove, SizeIs(2));
}

TEST(Plan, AJobRunsOnce) {
  Host host;
  model::Job job;
  job.meta.ref = {"Job", "full", "import"};
  job.pod = pod_with({"import"});
  host.inventory.jobs = {job};
  host.settle();
  EXPECT_TRUE(host.running[0].runs_once);
  EXPECT_THAT(host.running[0].name, MatchesRegex("import-[a-z0-9]{5}"));
}

TEST(Plan, RefusesToRunAsASidecarsUid) {
  Host host;
  auto pod = pod_with({"serve"});
  pod.run_as_user = 1337;  // J-24
  host.inventory.deployments = {deployment("httpbin", 1, pod)};
  host.settle();
  EXPECT_THAT(host.running[0].programs[0].problem, HasSubstr("1337"));
}

TEST(Plan, SaysHowToAddAnUnknownImage) {
  Host host;
  auto pod = pod_with({});
  pod.containers[0].image = "example.com/shop:3";
  host.inventory.deployments = {deployment("shop", 1, pod)};
  host.settle();
  EXPECT_THAT(host.running[0].programs[0].problem, HasSubstr("--image shop=COMMAND"));
}

TEST(Plan, AHeldPodNeedsNoProgram) {
  Host host;
  model::Pod pod;
  pod.meta.ref = {"Pod", "full", "shell"};
  pod.pod = pod_with({});
  pod.pod.annotations = {{"mortise.dev/hold", "true"}};
  host.inventory.pods = {pod};
  host.settle();
  EXPECT_EQ(host.running[0].programs[0].problem, "");
  EXPECT_THAT(host.running[0].programs[0].argv, IsEmpty());
}

TEST(Plan, TheTlsModeLabelIsWrittenWithASidecarUnlessTheUserDid) {
  Host host;  // M-10, M-11
  host.inventory.namespaces = {space("full", {{"istio-injection", "enabled"}})};
  auto pinned = pod_with({"serve"});
  pinned.labels["security.istio.io/tlsMode"] = "disabled";
  host.inventory.deployments = {deployment("a", 1, pod_with({"serve"})),
                                deployment("b", 1, pinned)};
  host.settle();
  EXPECT_EQ(host.running[0].tls_mode, "istio");
  EXPECT_EQ(host.running[0].labels.at("security.istio.io/tlsMode"), "istio");
  EXPECT_EQ(host.running[1].tls_mode, "disabled");
}

struct InjectionCase {
  std::string space, label, annotation;
  bool injected;
};

TEST(Injection, FollowsNamespaceLabelThenPodLabelThenAnnotation) {
  const std::vector<InjectionCase> cases = {
      // K-13, J-3..J-5
      {"", "", "", false},
      {"", "true", "", true},
      {"", "", "true", false},
      {"", "yes", "", false},
      {"enabled", "", "", true},
      {"enabled", "false", "", false},
      {"enabled", "", "false", false},
      {"enabled", "true", "false", true},
      {"enabled", "false", "true", false},
      {"enabled", "", "On", true},
      {"enabled", "", "maybe", false},
      {"enabled", "maybe", "", true},
      {"disabled", "true", "true", false},
      {"other", "true", "", true},
      {"other", "", "", false},
  };
  for (const auto& one : cases) {
    model::Labels namespace_labels;
    if (!one.space.empty()) namespace_labels["istio-injection"] = one.space;
    model::PodTemplate pod;
    if (!one.label.empty()) pod.labels["sidecar.istio.io/inject"] = one.label;
    if (!one.annotation.empty()) pod.annotations["sidecar.istio.io/inject"] = one.annotation;
    EXPECT_EQ(wants_sidecar(namespace_labels, "full", pod), one.injected)
        << "namespace " << one.space << ", label " << one.label << ", annotation "
        << one.annotation;
  }
}

TEST(Injection, NeverInSystemNamespaces) {
  EXPECT_FALSE(wants_sidecar({{"istio-injection", "enabled"}}, "kube-system", {}));  // J-2
}

}  // namespace
}  // namespace mortise::runtime
