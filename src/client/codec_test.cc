#include "client/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/json.h"

namespace mortise::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(DecodeRefusal, KeepsEveryLocatedProblem) {
  const auto refusal = decode_refusal(422, R"({"error": "2 problems", "errors": [
      {"file": "a.yaml", "line": 3, "field": "spec.peers", "message": "unknown"},
      {"message": "no file"}]})");
  EXPECT_EQ(refusal.sentence, "2 problems");
  ASSERT_THAT(refusal.problems, SizeIs(2));
  EXPECT_EQ(refusal.problems[0].line, 3);
  EXPECT_EQ(refusal.problems[0].field, "spec.peers");
  EXPECT_EQ(refusal.problems[1].message, "no file");
}

TEST(DecodeRefusal, AlwaysHasASentence) {
  EXPECT_THAT(decode_refusal(500, "<html>").sentence, HasSubstr("500"));
  EXPECT_THAT(decode_refusal(500, "[]").sentence, HasSubstr("500"));
  EXPECT_THAT(decode_refusal(500, R"({"error": 7, "errors": 3})").sentence, testing::Not(""));
}

TEST(DecodeChange, ReadsObjectsNotesAndReceipt) {
  const auto change = decode_change(R"({"revision": 12,
      "objects": [{"ref": "Policy/full/httpbin", "action": "created"}], "notes": ["resources"],
      "receipt": {"applied": 3, "total": 4, "ms": 21, "lagging": ["full/httpbin-1"]}})");
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->revision, 12U);
  EXPECT_EQ(change->objects[0].ref, "Policy/full/httpbin");
  EXPECT_EQ(change->objects[0].action, "created");
  EXPECT_THAT(change->notes, ElementsAre("resources"));
  ASSERT_TRUE(change->receipt.has_value());
  EXPECT_EQ(change->receipt->milliseconds, 21);
  EXPECT_THAT(change->receipt->lagging, ElementsAre("full/httpbin-1"));
}

TEST(DecodeChange, WithoutReceiptNothingWasWaitedFor) {
  const auto change = decode_change(R"({"revision": 1, "objects": [], "receipt": null})");
  ASSERT_TRUE(change.has_value());
  EXPECT_FALSE(change->receipt.has_value());
}

TEST(Decode, AnAnswerOfAnotherKindIsAnErrorAndNotAnEmptyList) {
  for (const char* const body : {"", "null", "[]", "{}", "{\"items\": 3}"}) {
    EXPECT_FALSE(decode_change(body).has_value()) << body;
    EXPECT_FALSE(decode_objects(body).has_value()) << body;
    EXPECT_FALSE(decode_workloads(body).has_value()) << body;
    EXPECT_FALSE(decode_mtls(body).has_value()) << body;
    EXPECT_FALSE(decode_edges(body).has_value()) << body;
    EXPECT_FALSE(decode_revision(body).has_value()) << body;
  }
}

TEST(DecodeObjects, KeepsTheWholeObjectAsText) {
  const auto objects = decode_objects(R"({"items": [{"apiVersion": "v1", "kind": "Service",
      "metadata": {"name": "httpbin", "namespace": "full",
                   "creationTimestamp": "2026-11-21T09:00:00Z"},
      "spec": {"clusterIP": "198.19.0.1"}}]})");
  ASSERT_TRUE(objects.has_value());
  ASSERT_THAT(*objects, SizeIs(1));
  EXPECT_EQ(objects->front().ref.to_string(), "Service/full/httpbin");
  EXPECT_EQ(objects->front().created, "2026-11-21T09:00:00Z");
  EXPECT_THAT(objects->front().json, HasSubstr(R"("clusterIP":"198.19.0.1")"));
}

TEST(Registration, SurvivesTheWayThere) {
  Registration registration;
  registration.workload = {.namespace_name = "full",
                           .name = "httpbin-1",
                           .owner = "httpbin",
                           .owner_kind = "Deployment",
                           .service_account = "default",
                           .labels = {{"app", "httpbin"}},
                           .address = *IpAddress::parse("198.18.0.2"),
                           .ports = {{"http", 80}},
                           .has_sidecar = true,
                           .tls_mode = "istio",
                           .sidecar_uid = 1'700'000'000,
                           .ready = true};
  registration.state = "Running";
  registration.restarts = 2;
  auto json = parse_object(encode(std::vector{registration}))->at("items").at(0);
  json["age_seconds"] = 5;
  json["sidecar"] = {{"connected", true}, {"synced", false}, {"revision", 9}};
  const auto statuses = decode_workloads(dump({{"items", {json}}}));
  ASSERT_TRUE(statuses.has_value());
  EXPECT_EQ(statuses->front().registered, registration);
  EXPECT_TRUE(statuses->front().sidecar->connected);
  EXPECT_FALSE(statuses->front().sidecar->synced);
}

TEST(DecodeWorkloads, ANullSidecarIsNone) {
  const auto statuses =
      decode_workloads(R"({"items": [{"namespace": "a", "name": "b", "sidecar": null}]})");
  ASSERT_TRUE(statuses.has_value());
  EXPECT_FALSE(statuses->front().sidecar.has_value());
}

TEST(EncodeRemove, NamesEitherAnObjectOrFiles) {
  EXPECT_EQ(encode(Remove{.files = {},
                          .kind = "policy",
                          .name = "httpbin",
                          .namespace_name = "full",
                          .reason = "",
                          .wait = std::chrono::milliseconds(0)}),
            R"({"kind":"policy","name":"httpbin","namespace":"full","reason":"","wait_ms":0})");
  EXPECT_THAT(encode(Remove{.files = {{"a.yaml", "x"}},
                            .kind = {},
                            .name = {},
                            .namespace_name = "default",
                            .reason = {},
                            .wait = {}}),
              HasSubstr(R"("files":[{"name":"a.yaml","text":"x"}])"));
}

TEST(EncodeApply, TextThatIsNotUtf8DoesNotBreakTheRequest) {
  Apply apply;
  apply.files = {{"a.yaml", "\xff\xfe"}};
  EXPECT_TRUE(parse_object(encode(apply)).has_value());
}

TEST(DecodeMtls, ReadsRowsAsThePrinterNeedsThem) {
  const auto rule = decode_mtls(R"json({"rule": "backyards-demo/bookings", "message": "done",
      "notes": ["not every port"],
      "rows": [{"policy": "backyards-demo/bookings-x1", "targets": ["bookings(8080)"],
                "mtlsMode": "PERMISSIVE", "scope": "port", "source": "Policy"}]})json");
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->rows[0].mode, "PERMISSIVE");
  EXPECT_THAT(rule->rows[0].targets, ElementsAre("bookings(8080)"));
  EXPECT_EQ(rule->message, "done");
  EXPECT_THAT(rule->notes, ElementsAre("not every port"));
}

}  // namespace
}  // namespace mortise::client
