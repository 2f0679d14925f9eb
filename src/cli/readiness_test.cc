#include "cli/readiness.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

client::Object deployment(int replicas) {
  return {
      {"Deployment", "full", "web"},
      "apps/v1",
      "",
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"full"},)"
      R"("spec":{"replicas":)" +
          std::to_string(replicas) +
          R"(,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":)"
          R"({"app":"web"}},"spec":{"containers":[{"name":"web","command":["true"]}]}}}})"};
}

client::WorkloadStatus instance(const std::string& name) {
  client::WorkloadStatus status;
  auto& workload = status.registered.workload;
  workload.namespace_name = "full";
  workload.name = name;
  workload.owner = "web";
  workload.owner_kind = "Deployment";
  workload.ready = true;
  workload.has_sidecar = true;
  status.registered.state = "Running";
  status.sidecar = client::SidecarStatus{true, 3, true, "", 0, ""};
  return status;
}

TEST(Readiness, IsReachedWhenEveryReplicaIsThereWithItsSidecarInSync) {
  EXPECT_TRUE(unready({deployment(2)}, {instance("web-a"), instance("web-b")}).empty());
}

TEST(Readiness, CountsReplicasThatDoNotExistYet) {
  EXPECT_EQ(unready({deployment(3)}, {instance("web-a")}),
            (std::vector<Unready>{{"full/web", "1 of 3 workloads exist"}}));
  EXPECT_TRUE(unready({deployment(0)}, {}).empty());
}

TEST(Readiness, SaysWhatAnInstanceLacks) {
  auto late = instance("web-a");
  late.sidecar.reset();
  EXPECT_EQ(unready({deployment(1)}, {late}),
            (std::vector<Unready>{{"full/web-a", "its sidecar has not connected yet"}}));
  late.sidecar = client::SidecarStatus{true, 2, false, "", 0, ""};
  EXPECT_EQ(unready({deployment(1)}, {late}),
            (std::vector<Unready>{{"full/web-a", "its sidecar is still at revision 2"}}));
  late.registered.workload.ready = false;
  late.registered.state = "program ended with exit status 1";
  EXPECT_EQ(unready({deployment(1)}, {late}),
            (std::vector<Unready>{{"full/web-a", "program ended with exit status 1"}}));
}

TEST(Readiness, IsNotBelievedOfAYoungInstanceThatWasRestarted) {
  auto flapping = instance("web-a");
  flapping.registered.restarts = 2;
  flapping.age_seconds = 1;
  EXPECT_EQ(unready({deployment(1)}, {flapping}),
            (std::vector<Unready>{{"full/web-a", "it was restarted 2 times within 1 s"}}));
  flapping.age_seconds = 60;
  EXPECT_TRUE(unready({deployment(1)}, {flapping}).empty());
}

TEST(Readiness, OfOneNamespaceIsNotThatOfAnother) {
  auto elsewhere = instance("web-a");
  elsewhere.registered.workload.namespace_name = "legacy";
  EXPECT_EQ(unready({deployment(1)}, {elsewhere}).size(), 1U);
}

TEST(Readiness, IsReachedByAJobThatHasCompleted) {
  const client::Object job{{"Job", "full", "once"}, "batch/v1", "", "{}"};
  auto done = instance("once-a");
  done.registered.workload.owner = "once";
  done.registered.workload.owner_kind = "Job";
  done.registered.workload.ready = false;
  done.registered.state = "Completed";
  EXPECT_TRUE(unready({job}, {done}).empty());
}

TEST(Readiness, AsksNothingOfObjectsThatRunNoProgram) {
  const client::Object service{{"Service", "full", "web"}, "v1", "", "{}"};
  EXPECT_TRUE(unready({service}, {}).empty());
}

}  // namespace
}  // namespace mortise::cli
