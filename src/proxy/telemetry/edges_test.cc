#include "proxy/telemetry/edges.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

EdgeKey edge_to(std::string peer) {
  EdgeKey key;
  key.at_source = true;
  key.peer_address = std::move(peer);
  return key;
}

TEST(EdgeTable, ReportsEveryAmountOnce) {
  EdgeTable edges(10);
  const auto use = edges.use(edge_to("198.18.0.2"));
  use.sums().requests = 3;
  const auto first = edges.take();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].second.requests, 3U);
  EXPECT_TRUE(edges.take().empty());
  ++use.sums().requests;
  EXPECT_EQ(edges.take().at(0).second.requests, 1U);
}

TEST(EdgeTable, CountsWhatItHadNoRoomFor) {
  EdgeTable edges(1);
  const auto kept = edges.use(edge_to("198.18.0.2"));
  const auto left_out = edges.use(edge_to("198.18.0.3"));
  left_out.sums().requests = 9;
  EXPECT_TRUE(edges.take().empty());
  EXPECT_EQ(edges.dropped(), 1U);
}

TEST(EdgeTable, ForgetsAnEdgeOnlyWhenNobodyHoldsIt) {
  EdgeTable edges(1);
  auto held = edges.use(edge_to("198.18.0.2"));
  for (int round = 0; round < 1000; ++round) edges.take();
  ++held.sums().requests;
  EXPECT_EQ(edges.take().size(), 1U);
  held = {};
  for (int round = 0; round < 1000; ++round) edges.take();
  const auto other = edges.use(edge_to("198.18.0.3"));
  EXPECT_EQ(edges.dropped(), 0U);
}

TEST(CountedConnection, IsOpenedOnceAndClosedOnceThoughMoved) {
  EdgeTable edges(10);
  {
    CountedConnection first(edges.use(edge_to("198.18.0.2")));
    const CountedConnection second = std::move(first);
    EXPECT_EQ(edges.take().at(0).second.connections_opened, 1U);
  }
  EXPECT_EQ(edges.take().at(0).second.connections_closed, 1U);
}

}  // namespace
}  // namespace mortise::proxy
