#include "proxy/relay.h"

#include <gtest/gtest.h>

#include "proxy/limits.h"
#include "proxy/testing/scripted_stream.h"

namespace mortise::proxy {
namespace {

using testing::HandLoop;
using testing::ScriptedStream;

struct Pair {
  HandLoop loop;
  ScriptedStream client{loop};
  ScriptedStream server{loop};
  Inbox from_client{client};
  Inbox from_server{server};
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  io::Task<Result<void>> task = relay_both(loop, from_client, from_server, sent, received);
};

TEST(Relay, HalfClosesOnlyAfterEverythingWasDelivered) {
  Pair pair;
  pair.server.accept_at_most(2);
  pair.task.start();

  pair.client.peer_sends("hello");
  pair.client.peer_closes();
  EXPECT_EQ(pair.server.peer_received(), "he");
  EXPECT_FALSE(pair.server.write_side_finished());

  pair.server.accept_at_most(100);
  EXPECT_EQ(pair.server.peer_received(), "hello");
  EXPECT_TRUE(pair.server.write_side_finished());
  EXPECT_FALSE(pair.task.done());
}

TEST(Relay, GoesOnInTheOtherDirectionAfterAHalfClose) {
  Pair pair;
  pair.task.start();
  pair.client.peer_closes();
  pair.server.peer_sends("late answer");
  EXPECT_EQ(pair.client.peer_received(), "late answer");
  pair.server.peer_closes();
  ASSERT_TRUE(pair.task.done());
  EXPECT_TRUE(pair.task.take().has_value());
  EXPECT_FALSE(pair.client.aborted());
  EXPECT_EQ(pair.received, 11U);
}

TEST(Relay, HandsAResetOnAsAReset) {
  Pair pair;
  pair.task.start();
  pair.server.peer_resets();
  ASSERT_TRUE(pair.task.done());
  EXPECT_FALSE(pair.task.take().has_value());
  EXPECT_TRUE(pair.client.aborted());
}

TEST(Relay, DeliversWhatWasReadBeforeItBegan) {
  Pair pair;
  pair.from_client = Inbox(pair.client, "already ");
  pair.client.peer_sends("here");
  pair.task.start();
  pair.loop.settle();
  EXPECT_EQ(pair.server.peer_received(), "already here");
  EXPECT_EQ(pair.sent, 12U);
}

TEST(Relay, StopsReadingWhileTheOtherSideDoesNotTake) {
  Pair pair;
  pair.server.accept_at_most(1);
  pair.task.start();
  const std::string bulk(10 * kChunk, 'x');
  pair.client.peer_sends(bulk);
  EXPECT_EQ(pair.server.peer_received().size(), 1U);
  EXPECT_LE(pair.from_client.bytes().size(), kChunk);
  pair.server.accept_at_most(bulk.size());
  EXPECT_EQ(pair.sent, bulk.size());
}

}  // namespace
}  // namespace mortise::proxy
