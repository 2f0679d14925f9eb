#include "control/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/testing.h"

namespace mortise::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;

constexpr const char* kDemo = R"(
apiVersion: v1
kind: Namespace
metadata: {name: backyards-demo, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: bookings, namespace: backyards-demo}
spec: {selector: {app: bookings}, ports: [{name: http, port: 8080, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bookings, namespace: backyards-demo}
spec:
  selector: {matchLabels: {app: bookings}}
  template:
    metadata: {labels: {app: bookings}}
    spec: {containers: [{name: bookings, command: [sleep, infinity]}]}
)";

constexpr const char* kStrict = R"({apiVersion: authentication.istio.io/v1alpha1, kind: Policy,
  metadata: {name: default, namespace: backyards-demo}, spec: {peers: [{mtls: {}}]}})";

class ControlPlane : public testing::Test {
 protected:
  void SetUp() override { control_.start(); }

  ControlProcess control_;
  ApiUser user_{control_};
};

TEST_F(ControlPlane, BeginsPermissiveWithARootOfItsOwn) {
  const auto rule = user_.get("/api/v1/mtls?resource=mesh").body;
  EXPECT_EQ(rule["rule"], "/mesh");
  ASSERT_THAT(rule["rows"], SizeIs(1));
  EXPECT_EQ(rule["rows"][0]["policy"], "/default");
  EXPECT_EQ(rule["rows"][0]["mtlsMode"], "PERMISSIVE");
  EXPECT_EQ(rule["rows"][0]["targets"], Json::array());

  const auto status = user_.get("/api/v1/status").body;
  EXPECT_EQ(status["revision"], 1);
  EXPECT_EQ(status["trust_domain"], "cluster.local");
  EXPECT_EQ(status["settings"]["global.mtls.auto"], "true");
  EXPECT_GT(status["root_not_after"], 0);
  struct stat key{};
  ASSERT_EQ(stat((control_.directory() + "/ca/root-key.pem").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
  ASSERT_EQ(stat(control_.socket().c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
}

TEST_F(ControlPlane, AnswersTheVerbsOfTheSeed) {
  ASSERT_EQ(user_.apply(kDemo).status, 200);
  EXPECT_EQ(user_.mtls("mesh", "allow").body["message"],
            "switched global mTLS to PERMISSIVE successfully");
  const auto required = user_.mtls("backyards-demo", "require").body;
  EXPECT_EQ(required["message"], "policy peers for backyards-demo/ set successfully");
  EXPECT_EQ(required["rule"], "backyards-demo/");
  EXPECT_EQ(required["rows"][0]["mtlsMode"], "STRICT");
  EXPECT_EQ(required["receipt"]["total"], 0);

  const auto allowed = user_.mtls("backyards-demo/bookings:8080", "allow").body;
  EXPECT_THAT(allowed["rows"][0]["policy"].get<std::string>(),
              MatchesRegex("backyards-demo/bookings-[a-z0-9]{5}"));
  EXPECT_EQ(allowed["rows"][0]["targets"], Json::array({"bookings(8080)"}));
  EXPECT_EQ(user_.mtls("backyards-demo/bookings:8080", "unset").body["rows"][0]["policy"],
            "backyards-demo/default");
  EXPECT_EQ(user_.mtls("backyards-demo", "unset").body["rows"][0]["policy"], "/default");
  EXPECT_EQ(user_.mtls("mesh", "disable").status, 403);
  EXPECT_EQ(user_.mtls("nowhere", "allow").status, 404);
}

TEST_F(ControlPlane, RefusesAWholeBatchForOneMistakeAndSaysWhere) {
  const auto answer = user_.apply(std::string(kDemo) + "---\n" + R"(
apiVersion: authentication.istio.io/v1alpha1
kind: Policy
metadata: {name: x, namespace: backyards-demo}
spec:
  targets:
  - name: bookings
  peerz: []
)");
  EXPECT_EQ(answer.status, 422);
  ASSERT_THAT(answer.body["errors"], SizeIs(1));
  EXPECT_EQ(answer.body["errors"][0]["file"], "test.yaml");
  EXPECT_GT(answer.body["errors"][0]["line"], 10);
  EXPECT_THAT(answer.body["error"].get<std::string>(), HasSubstr("peerz"));
  EXPECT_EQ(user_.get("/api/v1/status").body["revision"], 1);
}

TEST_F(ControlPlane, ADryRunChangesNothing) {
  const auto answer = user_.ask("POST", "/api/v1/objects",
                                {{"files", {{{"name", "a"}, {"text", kDemo}}}}, {"dry_run", true}});
  EXPECT_EQ(answer.body["objects"][0]["action"], "created");
  EXPECT_EQ(user_.get("/api/v1/status").body["revision"], 1);
}

TEST_F(ControlPlane, ShowsObjectsAsKubernetesDoes) {
  user_.apply(kDemo);
  const auto items = user_.get("/api/v1/objects?kind=svc&namespace=backyards-demo").body["items"];
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0]["spec"]["clusterIP"], "198.19.0.1");
  EXPECT_TRUE(items[0]["metadata"].contains("creationTimestamp"));
  EXPECT_EQ(user_.get("/api/v1/objects?kind=policies.authentication.istio.io&name=x").status, 404);
  EXPECT_EQ(user_.get("/api/v1/objects?kind=polcy").status, 400);
  EXPECT_THAT(user_.get("/api/v1/objects").body["items"], SizeIs(4));
}

TEST_F(ControlPlane, DeletesByNameAndByFile) {
  user_.apply(kDemo);
  const auto one =
      user_.ask("POST", "/api/v1/objects/delete",
                {{"kind", "service"}, {"name", "bookings"}, {"namespace", "backyards-demo"}});
  EXPECT_EQ(one.body["objects"][0]["action"], "deleted");
  const auto rest =
      user_.ask("POST", "/api/v1/objects/delete", {{"files", {{{"name", "a"}, {"text", kDemo}}}}});
  EXPECT_EQ(rest.status, 200);
  EXPECT_THAT(rest.body["notes"], SizeIs(1)) << "the service was not there any more";
  EXPECT_EQ(user_.ask("POST", "/api/v1/objects/delete", {{"kind", "ns"}, {"name", "gone"}}).status,
            404);
}

TEST_F(ControlPlane, SettingsChangeTheMeshOnceAndNotAgain) {
  const Json settings = {{"global.mtls.auto", "false"}, {"global.mtls.enabled", "true"}};
  const auto first = user_.ask("PUT", "/api/v1/settings", settings);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(user_.get("/api/v1/mtls?resource=mesh").body["rows"][0]["mtlsMode"], "STRICT");
  user_.mtls("mesh", "allow");
  user_.ask("PUT", "/api/v1/settings", settings);
  EXPECT_EQ(user_.get("/api/v1/mtls?resource=mesh").body["rows"][0]["mtlsMode"], "PERMISSIVE")
      << "repeating `up` must not undo what a person did since";
  EXPECT_EQ(user_.get("/api/v1/status").body["settings"]["global.mtls.auto"], "false");
  EXPECT_EQ(user_.ask("PUT", "/api/v1/settings", {{"nope", "1"}}).status, 400);
  EXPECT_EQ(user_.ask("PUT", "/api/v1/settings", {{"pki.workloadTTL", "91d"}}).status, 400);
}

TEST_F(ControlPlane, WaitsForARevision) {
  const auto now = user_.get("/api/v1/revision?after=0").body["revision"].get<int>();
  const auto late = user_.get("/api/v1/revision?wait_ms=1&after=" + std::to_string(now));
  EXPECT_EQ(late.body["revision"], now);
}

TEST_F(ControlPlane, AWorkloadWithoutItsDirectoryIsNotRegistered) {
  EXPECT_NE(user_.register_workload("default", "a-1", "198.18.0.2", geteuid()).status, 200);
  EXPECT_EQ(user_.register_workload("default", "..", "198.18.0.2", geteuid()).status, 400);
  EXPECT_THAT(user_.get("/api/v1/workloads").body["items"], SizeIs(0));
}

TEST_F(ControlPlane, RegistersWorkloadsTogetherOrNoneOfThem) {
  const auto item = [](const std::string& name, const std::string& address) {
    return Json{{"namespace", "default"}, {"name", name}, {"address", address}};
  };
  const auto put = [&](const Json& items) {
    return user_.ask("PUT", "/api/v1/workloads", {{"items", items}});
  };
  const auto count = [&] { return user_.get("/api/v1/workloads").body["items"].size(); };
  EXPECT_EQ(put({item("a", "198.18.0.2"), item("..", "198.18.0.3")}).status, 400);
  EXPECT_EQ(put({item("a", "198.18.0.2"), item("b", "198.18.0.2")}).status, 409);
  EXPECT_EQ(put("a").status, 400);
  EXPECT_EQ(count(), 0U);
  const auto before = user_.get("/api/v1/revision").body["revision"].get<int>();
  EXPECT_EQ(put({item("a", "198.18.0.2"), item("b", "198.18.0.3")}).body["revision"], before + 1);
  EXPECT_EQ(count(), 2U);
}

TEST_F(ControlPlane, IsTheSameAfterKill9) {
  user_.apply(kDemo);
  user_.apply(kStrict);
  control_.make_sidecar_directory("backyards-demo.bookings", geteuid());
  ASSERT_EQ(user_.register_workload("backyards-demo", "bookings", "198.18.0.2", geteuid()).status,
            200);
  const auto objects = user_.get("/api/v1/objects").body;
  auto workloads = user_.get("/api/v1/workloads").body;
  const auto revision = user_.get("/api/v1/revision").body;

  EXPECT_EQ(control_.end(SIGKILL), -SIGKILL);
  control_.start();
  EXPECT_EQ(user_.get("/api/v1/objects").body, objects);
  EXPECT_EQ(user_.get("/api/v1/revision").body, revision);
  auto after = user_.get("/api/v1/workloads").body;
  after["items"][0].erase("age_seconds");
  workloads["items"][0].erase("age_seconds");
  EXPECT_EQ(after, workloads);
}

TEST_F(ControlPlane, TwoOfThemCannotShareADirectory) {
  user_.get("/api/v1/status");
  const auto second = run({control_.directory(), Level::error, 1000});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::conflict);
}

TEST_F(ControlPlane, EndsCleanlyWhenToldTo) {
  user_.get("/api/v1/status");
  EXPECT_EQ(control_.end(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(control_.socket()));
}

TEST_F(ControlPlane, AnswersNonsenseWithAReason) {
  EXPECT_EQ(user_.get("/api/v1/nothing").status, 404);
  EXPECT_EQ(user_.ask("DELETE", "/api/v1/status").status, 405);
  EXPECT_EQ(user_.ask("POST", "/api/v1/mtls", Json::array()).status, 400);
  EXPECT_EQ(user_.ask("POST", "/api/v1/mtls", {{"resource", 7}}).status, 400);
  EXPECT_EQ(user_.ask("DELETE", "/api/v1/workloads/default/none").status, 404);
}

}  // namespace
}  // namespace mortise::control
