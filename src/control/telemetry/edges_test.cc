#include "control/telemetry/edges.h"

#include <gtest/gtest.h>

namespace mortise::control::telemetry {
namespace {

std::string name_of(const std::string& address) {
  return address == "198.18.0.2" ? "full/sleep-1" : "";
}

api::ReportRequest report(std::uint64_t sequence, std::uint64_t requests = 0,
                          const std::string& peer = "198.18.0.2", std::uint64_t instance = 1) {
  api::ReportRequest request;
  request.set_instance(instance);
  request.set_sequence(sequence);
  if (requests == 0) return request;
  auto& edge = *request.add_edges();
  edge.set_reporter(api::REPORTER_DESTINATION);
  edge.set_peer_address(peer);
  edge.set_peer_identity("spiffe://cluster.local/ns/full/sa/sleep");
  edge.set_security(api::SECURITY_MUTUAL_TLS);
  edge.set_requests(requests);
  return request;
}

TEST(Edges, SumsWhatIsAlikeAndNamesThePeerByItsAddress) {
  Edges edges(name_of);
  edges.add("full/httpbin-1", report(1, 3), {});
  edges.add("full/httpbin-1", report(2, 4), {});
  ASSERT_EQ(edges.sums().size(), 1U);
  const auto& [key, sums] = *edges.sums().begin();
  EXPECT_EQ(key.source, "full/sleep-1");
  EXPECT_EQ(key.destination, "full/httpbin-1");
  EXPECT_EQ(key.client_identity, "spiffe://cluster.local/ns/full/sa/sleep");
  EXPECT_EQ(sums.requests, 7U);
}

TEST(Edges, StrangerKeepsItsAddress) {
  Edges edges(name_of);
  edges.add("full/httpbin-1", report(1, 1, "192.0.2.9"), {});
  EXPECT_EQ(edges.sums().begin()->first.source, "192.0.2.9");
}

TEST(Edges, LostReportIsACountedGap) {
  Edges edges(name_of);
  edges.add("p", report(1), {});
  edges.add("p", report(4), {});
  EXPECT_EQ(edges.reports().at("p").missed, 2U);
}

TEST(Edges, RepeatedReportCountsOnce) {
  Edges edges(name_of);
  edges.add("p", report(1, 5), {});
  edges.add("p", report(1, 5), {});
  EXPECT_EQ(edges.sums().begin()->second.requests, 5U);
  EXPECT_EQ(edges.reports().at("p").missed, 0U);
}

TEST(Edges, TwoProcessesOfOneProxyHaveNumbersOfTheirOwn) {
  Edges edges(name_of);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    edges.add("p", report(40 + round, 1, "198.18.0.2", 1), TimePoint(std::chrono::seconds(round)));
    edges.add("p", report(round, 1, "198.18.0.2", 2), TimePoint(std::chrono::seconds(round)));
  }
  EXPECT_EQ(edges.reports().at("p").missed, 40U);  // before the first of process 1
  EXPECT_EQ(edges.sums().begin()->second.requests, 6U);
}

TEST(Edges, ProcessesOfLongAgoAreForgotten) {
  Edges edges(name_of);
  for (std::uint64_t instance = 1; instance <= 1000; ++instance) {
    edges.add("p", report(1, 0, "", instance), TimePoint(std::chrono::seconds(instance)));
  }
  EXPECT_LE(edges.reports().at("p").processes.size(), 8U);
}

TEST(Edges, RestartedProxyBeginsAgainWithoutAGap) {
  Edges edges(name_of);
  edges.add("p", report(7, 0, "", 1), {});
  edges.add("p", report(1, 2, "198.18.0.2", 2), {});
  EXPECT_EQ(edges.reports().at("p").missed, 6U);  // 1 to 6 of the first instance
  EXPECT_EQ(edges.sums().begin()->second.requests, 2U);
}

TEST(Edges, LimitDropsNewEdgesAndSaysHowMany) {
  Edges edges(name_of, 2);
  for (int i = 0; i < 5; ++i) {
    edges.add("p" + std::to_string(i), report(1, 1), {});
  }
  EXPECT_EQ(edges.sums().size(), 2U);
  EXPECT_EQ(edges.dropped(), 3U);
}

}  // namespace
}  // namespace mortise::control::telemetry
