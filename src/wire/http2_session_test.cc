#include "wire/http2_session.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace mortise::wire::http2 {
namespace {

const Fields kRequest = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {":authority", "b"}};
const Fields kResponse = {{":status", "200"}};

// One side with notes of everything it was told.
struct Notes final : Events {
  struct Stream {
    std::vector<Fields> heads;
    std::string body;
    bool ended = false;
    std::optional<ErrorCode> closed;
  };
  std::map<StreamId, Stream> streams;
  std::optional<ErrorCode> goaway;

  void on_headers(StreamId id, Fields fields, bool last) override {
    streams[id].heads.push_back(std::move(fields));
    streams[id].ended = last;
  }
  void on_body(StreamId id, std::string_view bytes) override { streams[id].body += bytes; }
  void on_end(StreamId id) override { streams[id].ended = true; }
  void on_closed(StreamId id, ErrorCode reason) override { streams[id].closed = reason; }
  void on_goaway(ErrorCode reason) override { goaway = reason; }
  void on_sent(StreamId) override {}
};

std::string output(Session& session) {
  std::string bytes;
  session.take_output(bytes, SIZE_MAX);
  return bytes;
}

class Http2Session : public ::testing::Test {
 protected:
  // Carries bytes between the two until neither has any.
  void settle() {
    for (;;) {
      const auto up = output(client_);
      const auto down = output(server_);
      if (up.empty() && down.empty()) return;
      if (!up.empty()) ASSERT_TRUE(server_.feed(up));
      if (!down.empty()) ASSERT_TRUE(client_.feed(down));
    }
  }

  Notes at_client_;
  Notes at_server_;
  Session client_{Session::Side::client, {}, at_client_};
  Session server_{Session::Side::server, {.streams = 3}, at_server_};
};

TEST_F(Http2Session, CarriesARequestAndAnAnswerWithTrailers) {
  const StreamId id = client_.open(kRequest).value();
  client_.send(id, "question");
  client_.finish(id);
  settle();
  EXPECT_EQ(at_server_.streams[id].heads, (std::vector<Fields>{kRequest}));
  EXPECT_EQ(at_server_.streams[id].body, "question");
  EXPECT_TRUE(at_server_.streams[id].ended);

  server_.respond(id, kResponse, false);
  server_.send(id, "answer");
  server_.finish(id, {{"grpc-status", "0"}});
  settle();
  EXPECT_EQ(at_client_.streams[id].heads, (std::vector<Fields>{kResponse, {{"grpc-status", "0"}}}));
  EXPECT_EQ(at_client_.streams[id].body, "answer");
  EXPECT_TRUE(at_client_.streams[id].ended);
  EXPECT_EQ(at_client_.streams[id].closed, ErrorCode::no_error);
  EXPECT_EQ(at_server_.streams[id].closed, ErrorCode::no_error);
}

TEST_F(Http2Session, AnswerMaySayMoreAfterAPause) {
  const StreamId id = client_.open(kRequest).value();
  settle();
  server_.respond(id, kResponse, false);
  settle();
  server_.send(id, "one");
  settle();
  server_.send(id, "two");
  settle();
  EXPECT_EQ(at_client_.streams[id].body, "onetwo");
  EXPECT_FALSE(at_client_.streams[id].ended);
}

TEST_F(Http2Session, SenderIsHeldUntilTheApplicationHasRead) {
  const StreamId id = client_.open(kRequest).value();
  client_.send(id, std::string(200'000, 'x'));
  settle();
  const std::size_t window = Limits{}.stream_window;
  EXPECT_EQ(at_server_.streams[id].body.size(), window);
  EXPECT_EQ(client_.unsent(id), 200'000 - window);

  server_.consumed(id, window);
  settle();
  EXPECT_EQ(at_server_.streams[id].body.size(), 2 * window);
}

TEST_F(Http2Session, StreamThatNobodyReadsDelaysNoOther) {
  const StreamId ignored = client_.open(kRequest).value();
  client_.send(ignored, std::string(200'000, 'x'));
  const StreamId read = client_.open(kRequest).value();
  settle();
  // Far more than the connection's window, in steps that the application reads.
  for (int i = 0; i < 100; ++i) {
    client_.send(read, std::string(50'000, 'y'));
    settle();
    server_.consumed(read, 50'000);
  }
  EXPECT_EQ(at_server_.streams[read].body.size(), 5'000'000U);
  EXPECT_EQ(at_server_.streams[ignored].body.size(), Limits{}.stream_window);
}

TEST_F(Http2Session, ResetReachesThePeerWithItsReason) {
  const StreamId id = client_.open(kRequest).value();
  settle();
  client_.reset(id, ErrorCode::cancel);
  settle();
  EXPECT_EQ(at_server_.streams[id].closed, ErrorCode::cancel);
  server_.respond(id, kResponse, false);
  server_.send(id, "too late");
  settle();
  EXPECT_TRUE(at_client_.streams[id].body.empty());
}

TEST_F(Http2Session, CompleteAnswerStopsAClientThatStillSends) {
  const StreamId id = client_.open(kRequest).value();
  client_.send(id, std::string(200'000, 'x'));
  settle();
  server_.respond(id, kResponse, true);
  settle();
  EXPECT_TRUE(at_client_.streams[id].ended);
  EXPECT_EQ(at_client_.streams[id].closed, ErrorCode::no_error);
  EXPECT_EQ(client_.unsent(id), 0U);
}

TEST_F(Http2Session, StreamsOverTheLimitWaitAtTheClient) {
  settle();
  std::vector<StreamId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(client_.open(kRequest).value());
  settle();
  EXPECT_EQ(at_server_.streams.size(), 3U);
  server_.respond(ids[0], kResponse, true);
  client_.finish(ids[0]);
  settle();
  EXPECT_EQ(at_server_.streams.size(), 4U);
}

TEST_F(Http2Session, HeadOverTheLimitEndsOnlyItsStream) {
  auto fat = kRequest;
  fat.push_back({"cookie", std::string(20'000, 'x')});
  const StreamId refused = client_.open(fat).value();
  const StreamId served = client_.open(kRequest).value();
  settle();
  EXPECT_TRUE(at_server_.streams[refused].heads.empty());
  EXPECT_EQ(at_client_.streams[refused].closed, ErrorCode::enhance_your_calm);
  EXPECT_EQ(at_server_.streams[served].heads.size(), 1U);
}

TEST_F(Http2Session, BytesThatAreNotHttp2AreAnError) {
  const auto fed = server_.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), Code::invalid);
}

TEST_F(Http2Session, BrokenFrameEndsTheConnectionWithItsReason) {
  settle();
  // A DATA frame on stream 0 (RFC 9113 6.1).
  ASSERT_TRUE(server_.feed(std::string_view("\0\0\1\0\0\0\0\0\0x", 10)));
  ASSERT_TRUE(client_.feed(output(server_)));
  EXPECT_FALSE(server_.wants_input());
  EXPECT_TRUE(server_.over());
  EXPECT_EQ(at_client_.goaway, ErrorCode::protocol_error);
  EXPECT_TRUE(server_.violation().starts_with("PROTOCOL_ERROR")) << server_.violation();
}

TEST_F(Http2Session, PeerThatNeverFetchesAnswersIsCutOff) {
  settle();
  std::string pings;
  for (int i = 0; i < 20'000; ++i) pings += std::string("\0\0\x8\6\0\0\0\0\0AAAAAAAA", 17);
  EXPECT_FALSE(server_.feed(pings));
}

TEST_F(Http2Session, GoAwayLetsNothingNewBegin) {
  const StreamId id = client_.open(kRequest).value();
  settle();
  server_.go_away(ErrorCode::no_error);
  ASSERT_TRUE(client_.feed(output(server_)));
  EXPECT_TRUE(server_.over());
  EXPECT_TRUE(server_.violation().empty());
  EXPECT_EQ(at_client_.goaway, ErrorCode::no_error);
  EXPECT_EQ(at_client_.streams[id].closed, std::nullopt);
  EXPECT_TRUE(client_.wants_input()) << "the stream that was accepted may still be answered";
}

}  // namespace
}  // namespace mortise::wire::http2
