#include "cli/lab.h"

#include <gtest/gtest.h>

#include "cli/lab_files.h"

namespace mortise::cli {
namespace {

constexpr Call kMutual{0, 200, true, false};
constexpr Call kPlain{0, 200, false, false};
constexpr Call kReset{56, 0, false, false};
constexpr Call kUnreachable{0, 503, false, true};

std::vector<Call> some(int first_count, Call first, int second_count = 0, Call second = {}) {
  std::vector<Call> calls(static_cast<std::size_t>(first_count), first);
  calls.insert(calls.end(), static_cast<std::size_t>(second_count), second);
  return calls;
}

TEST(LabCell, SaysWhatTheCallsShowed) {
  EXPECT_EQ(cell_text(some(20, kMutual)), "200 mTLS");
  EXPECT_EQ(cell_text(some(20, kPlain)), "200 plain");
  EXPECT_EQ(cell_text(some(9, kPlain, 11, kMutual)), "200 mTLS 11 / plain 9");
  EXPECT_EQ(cell_text(some(20, kReset)), "000 (56)");
  EXPECT_EQ(cell_text(some(20, kUnreachable)), "503");
  EXPECT_EQ(cell_text(some(19, kMutual, 1, kUnreachable)), "200 mTLS 19 / 503 1");
  EXPECT_EQ(cell_text(some(1, kReset, 2, kPlain)), "000 (56) 1 / 200 plain 2");
  EXPECT_EQ(cell_text({}), "no calls");
}

TEST(LabCell, IsWrongWhenOneCallIsWrong) {
  EXPECT_EQ(cell_mistake(Expected::mutual, some(20, kMutual)), "");
  EXPECT_EQ(cell_mistake(Expected::mutual, some(19, kMutual, 1, kPlain)), "200 mTLS");
  EXPECT_EQ(cell_mistake(Expected::plain, some(20, kPlain)), "");
  EXPECT_EQ(cell_mistake(Expected::plain, some(19, kPlain, 1, kMutual)), "200 plain");
  EXPECT_EQ(cell_mistake(Expected::reset, some(20, kReset)), "");
  EXPECT_EQ(cell_mistake(Expected::reset, some(19, kReset, 1, kPlain)), "000 (56)");
  EXPECT_EQ(cell_mistake(Expected::unreachable, some(20, kUnreachable)), "");
  EXPECT_NE(cell_mistake(Expected::unreachable, some(20, Call{0, 503, false, false})), "");
}

TEST(LabCell, WithoutCallsIsNeverRight) {
  for (const auto expected : {Expected::mutual, Expected::plain, Expected::per_endpoint,
                              Expected::reset, Expected::unreachable}) {
    EXPECT_NE(cell_mistake(expected, {}), "");
  }
}

TEST(LabCell, PerEndpointNeedsBothKindsOnceThereAreEnoughCalls) {
  EXPECT_EQ(cell_mistake(Expected::per_endpoint, some(1, kMutual, 19, kPlain)), "");
  EXPECT_NE(cell_mistake(Expected::per_endpoint, some(20, kMutual)), "");
  EXPECT_NE(cell_mistake(Expected::per_endpoint, some(20, kPlain)), "");
  EXPECT_EQ(cell_mistake(Expected::per_endpoint, some(3, kMutual)), "");
  EXPECT_NE(cell_mistake(Expected::per_endpoint, some(10, kMutual, 10, kReset)), "");
}

TEST(LabCall, CountsAsMutualOnlyWithTheCallersOwnIdentity) {
  const std::string body =
      "{\n  \"headers\": {\n    \"X-Forwarded-Client-Cert\": \"By=spiffe://cluster.local/ns/full/"
      "sa/httpbin;Hash=ab;Subject=\\\"\\\";URI=spiffe://cluster.local/ns/full/sa/sleep\"\n  }\n}\n";
  const auto call = read_call(0, body + "\nresponse code: 200\n", "full");
  EXPECT_EQ(call.code, 200);
  EXPECT_TRUE(call.identified);
  EXPECT_FALSE(read_call(0, body + "\nresponse code: 200\n", "legacy").identified);
  EXPECT_FALSE(read_call(0, "{}\nresponse code: 200\n", "full").identified);
}

TEST(LabCall, ReadsFailuresAsCurlReportsThem) {
  const auto reset = read_call(56, "\nresponse code: 000\n", "legacy");
  EXPECT_EQ(reset.exit_status, 56);
  EXPECT_EQ(reset.code, 0);
  const auto refused =
      read_call(0,
                "upstream connect error or disconnect/reset before headers. reset reason: x\n"
                "response code: 503\n",
                "full");
  EXPECT_EQ(refused.code, 503);
  EXPECT_TRUE(refused.fixed_words);
  EXPECT_EQ(read_call(0, "response code: 200\n\nresponse code: 503\n", "full").code, 503);
}

TEST(LabPhases, AllHaveTheirManifestEmbedded) {
  for (const auto& phase : lab_phases()) {
    EXPECT_NE(lab_file(phase.file).find("apiVersion:"), std::string_view::npos) << phase.file;
  }
  for (const auto* file : {"full.yaml", "partial.yaml", "legacy.yaml"}) {
    EXPECT_NE(lab_file(file).find("kind: Namespace"), std::string_view::npos) << file;
  }
}

}  // namespace
}  // namespace mortise::cli
