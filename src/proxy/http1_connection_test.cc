#include "proxy/http1_connection.h"

#include <gtest/gtest.h>

#include <deque>

#include "proxy/testing/scripted_stream.h"

namespace mortise::proxy {
namespace {

using testing::HandLoop;
using testing::ScriptedStream;
using namespace std::chrono_literals;

// Hands out one scripted leg per request and remembers what became of it.
class FakeUpstream final : public Upstream {
 public:
  explicit FakeUpstream(HandLoop& loop) : loop_(loop) {}

  struct FakeLeg {
    explicit FakeLeg(HandLoop& loop) : stream(loop) {}
    ScriptedStream stream;
    bool reused = false;
    bool dropped = false;
  };

  io::Task<std::expected<Route, LocalReply>> open() override {
    if (refusal) co_return std::unexpected(*refusal);
    legs.emplace_back(loop_);
    co_return Route{std::make_unique<Hold>(legs.back()), edges.use({}), {}};
  }
  [[nodiscard]] bool still_allowed() const override { return allowed; }

  std::deque<FakeLeg> legs;
  std::optional<LocalReply> refusal;
  bool allowed = true;
  EdgeTable edges{10};

 private:
  class Hold final : public LegStream {
   public:
    explicit Hold(FakeLeg& leg) : leg_(leg) {}
    ~Hold() override { leg_.dropped = !leg_.reused; }
    io::Stream& bytes() override { return leg_.stream; }
    void reuse() override { leg_.reused = true; }

   private:
    FakeLeg& leg_;
  };
  HandLoop& loop_;
};

class Http1 : public ::testing::Test {
 protected:
  void start(std::string client_cert = {}) {
    task_ = serve_http1(loop_, limits_, ending_, inbox_, upstream_, std::move(client_cert));
    task_.start();
    loop_.settle();
  }
  ScriptedStream& leg(std::size_t index = 0) { return upstream_.legs.at(index).stream; }

  HandLoop loop_;
  Limits limits_;
  Ending ending_{loop_};
  ScriptedStream client_{loop_};
  Inbox inbox_{client_};
  FakeUpstream upstream_{loop_};
  io::Task<void> task_;
};

constexpr std::string_view kGet = "GET /headers HTTP/1.1\r\nHost: httpbin\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(Http1, AnswersOneRequestAfterTheOtherAndKeepsTheLegs) {
  start();
  for (std::size_t round = 0; round < 3; ++round) {
    client_.peer_sends(kGet);
    EXPECT_EQ(leg(round).peer_received(), kGet);
    leg(round).peer_sends(kOk);
    EXPECT_EQ(client_.take_received(), kOk);
    EXPECT_TRUE(upstream_.legs[round].reused);
  }
  client_.peer_closes();
  EXPECT_TRUE(task_.done());
}

TEST_F(Http1, UnderstandsARequestSplitAtEveryByte) {
  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  start();
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client_.peer_sends(request.substr(0, cut));
    client_.peer_sends(request.substr(cut));
    ASSERT_EQ(upstream_.legs.size(), cut) << "cut at " << cut;
    EXPECT_EQ(leg(cut - 1).peer_received(), request) << "cut at " << cut;
    leg(cut - 1).peer_sends(kOk);
    EXPECT_EQ(client_.take_received(), kOk) << "cut at " << cut;
  }
}

TEST_F(Http1, RemovesAForgedClientCertificateInEverySpelling) {  // semantics, K-24
  start();
  client_.peer_sends(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: forged\r\n"
      "x_forwarded_client_cert: forged\r\nX-FORWARDED-CLIENT-CERT: forged\r\nA: b\r\n\r\n");
  EXPECT_EQ(leg().peer_received(), "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
}

TEST_F(Http1, SetsTheVerifiedPeerInPlaceOfWhatArrived) {
  start("By=server;URI=client");
  client_.peer_sends("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: forged\r\n\r\n");
  EXPECT_EQ(leg().peer_received(),
            "GET / HTTP/1.1\r\nHost: a\r\nx-forwarded-client-cert: By=server;URI=client\r\n\r\n");
}

TEST_F(Http1, EndsHopByHopFieldsHereAndKeepsWhatDecidesTheFraming) {
  start();
  client_.peer_sends(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop, Content-Length, Host\r\n"
      "Keep-Alive: 5\r\nX-Hop: 1\r\nTE: trailers\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(leg().peer_received(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
}

TEST_F(Http1, RefusesSmugglingBeforeAnythingIsForwarded) {  // invariant 4
  start();
  client_.peer_sends(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(client_.peer_received().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(client_.write_side_finished());
  EXPECT_TRUE(upstream_.legs.empty());
}

TEST_F(Http1, DoesNotOpenATunnelAroundTheCodec) {
  start();
  client_.peer_sends("CONNECT httpbin:80 HTTP/1.1\r\nHost: httpbin:80\r\n\r\n");
  EXPECT_TRUE(client_.peer_received().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(upstream_.legs.empty());
}

TEST_F(Http1, CarriesAChunkedBodyVerbatim) {
  start();
  const std::string_view body = "3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n";
  client_.peer_sends("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  client_.peer_sends(body);
  EXPECT_TRUE(
      leg().peer_received().ends_with("transfer-encoding: chunked\r\n\r\n" + std::string(body)));
  leg().peer_sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_TRUE(client_.peer_received().ends_with("\r\n\r\n1\r\nx\r\n0\r\n\r\n"));
  EXPECT_TRUE(upstream_.legs[0].reused);
}

TEST_F(Http1, EndsTheClientConnectionWhereOnlyThatEndsTheBody) {
  start();
  client_.peer_sends(kGet);
  leg().peer_sends("HTTP/1.1 200 OK\r\n\r\nstream");
  leg().peer_sends(" of bytes");
  EXPECT_FALSE(client_.write_side_finished());
  leg().peer_closes();
  EXPECT_EQ(client_.peer_received(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nstream of bytes");
  EXPECT_TRUE(client_.write_side_finished());
  EXPECT_FALSE(upstream_.legs[0].reused);
}

TEST_F(Http1, ExpectsNoBodyWhereThereIsNone) {
  start();
  client_.peer_sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  leg(0).peer_sends("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  EXPECT_TRUE(upstream_.legs[0].reused);
  client_.peer_sends(kGet);
  leg(1).peer_sends("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n");
  EXPECT_TRUE(upstream_.legs[1].reused);
  client_.peer_sends(kGet);
  leg(2).peer_sends("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(upstream_.legs[2].reused);
}

TEST_F(Http1, HandsOnInterimAnswersAndThenTheBodyThatWaitedForOne) {
  start();
  client_.peer_sends(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  leg().peer_sends("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client_.take_received(), "HTTP/1.1 100 Continue\r\n\r\n");
  client_.peer_sends("body");
  EXPECT_TRUE(leg().peer_received().ends_with("\r\n\r\nbody"));
  leg().peer_sends(kOk);
  EXPECT_EQ(client_.take_received(), kOk);
}

TEST_F(Http1, EndsTheConnectionWhenAnAnswerOvertookABodyThatMayNeverCome) {
  start();
  client_.peer_sends(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  leg().peer_sends("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(client_.peer_received().find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client_.write_side_finished());
  EXPECT_FALSE(upstream_.legs[0].reused);
}

TEST_F(Http1, WaitsForABodyThatItsAnswerOvertook) {
  start();
  client_.peer_sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  leg().peer_sends(kOk);
  EXPECT_EQ(client_.take_received(), kOk);
  client_.peer_sends("dy");
  EXPECT_TRUE(leg().peer_received().ends_with("body"));
  EXPECT_TRUE(upstream_.legs[0].reused);
  client_.peer_sends(kGet);
  EXPECT_EQ(upstream_.legs.size(), 2U);
}

TEST_F(Http1, GivesUpOnABodyThatNeverComes) {
  start();
  client_.peer_sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  leg().peer_sends(kOk);
  loop_.pass(limits_.late_body + 1ms);
  EXPECT_TRUE(client_.write_side_finished());
  EXPECT_FALSE(upstream_.legs[0].reused);
}

TEST_F(Http1, RelaysBytesAfterAnUpgrade) {
  start();
  client_.peer_sends(
      "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(leg().take_received(),
            "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nconnection: upgrade\r\n\r\n");
  leg().peer_sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello");
  EXPECT_TRUE(client_.take_received().ends_with("\r\n\r\nhello"));
  client_.peer_sends("frame");
  EXPECT_EQ(leg().take_received(), "frame");
  leg().peer_sends("answer");
  EXPECT_EQ(client_.take_received(), "answer");
  client_.peer_closes();
  leg().peer_closes();
  EXPECT_TRUE(task_.done());
}

TEST_F(Http1, EndsAnUpgradeThatOvertookItsRequest) {
  start();
  client_.peer_sends(
      "POST /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Content-Length: 4\r\n\r\n");
  leg().take_received();
  leg().accept_at_most(1);
  client_.peer_sends("body");
  leg().peer_sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  leg().accept_at_most(100);
  EXPECT_EQ(leg().peer_received(), "b") << "and nothing of it twice";
  EXPECT_EQ(client_.peer_received(), "");
  EXPECT_TRUE(client_.aborted());
  EXPECT_TRUE(upstream_.legs[0].dropped);
}

TEST_F(Http1, KeepsHttp2InClearTextOutOfAnUpgrade) {
  start();
  client_.peer_sends(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
  EXPECT_EQ(leg().peer_received(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(Http1, SaysInFixedWordsThatAServerWentAway) {  // semantics
  start();
  client_.peer_sends(kGet);
  leg().peer_resets();
  EXPECT_EQ(client_.take_received(),
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\n"
            "content-length: 95\r\n\r\n"
            "upstream connect error or disconnect/reset before headers. "
            "reset reason: connection termination");
  client_.peer_sends(kGet);
  EXPECT_EQ(upstream_.legs.size(), 2U) << "the client's connection is still good";
}

TEST_F(Http1, SaysInFixedWordsThatNoConnectionWasPossible) {
  upstream_.refusal = upstream_reset(Reset::connection_failure);
  start();
  client_.peer_sends(kGet);
  EXPECT_TRUE(client_.take_received().ends_with(
      "content-length: 91\r\n\r\n"
      "upstream connect error or disconnect/reset before headers. "
      "reset reason: connection failure"));
  client_.peer_sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client_.take_received().ends_with("content-length: 91\r\n\r\n"));
}

TEST_F(Http1, DoesNotWaitForAClientThatTakesNoLocalReply) {
  upstream_.refusal = no_healthy_upstream();
  client_.accept_at_most(0);
  start();
  client_.peer_sends(kGet);
  loop_.pass(limits_.linger - 1ms);
  EXPECT_FALSE(task_.done());
  loop_.pass(2ms);
  EXPECT_TRUE(task_.done());
}

TEST_F(Http1, ReadsTheRestOfABodyBeforeTheConnectionOfALocalReplyEnds) {
  upstream_.refusal = no_healthy_upstream();
  start();
  client_.peer_sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbo");
  EXPECT_TRUE(
      client_.peer_received().ends_with("\r\nconnection: close\r\n\r\nno healthy upstream"));
  EXPECT_TRUE(client_.write_side_finished());
  EXPECT_FALSE(task_.done());
  client_.peer_closes();
  EXPECT_TRUE(task_.done());
}

TEST_F(Http1, CallsAnUnreadableAnswerAProtocolError) {
  start();
  client_.peer_sends(kGet);
  leg().peer_sends("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_TRUE(client_.peer_received().starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_TRUE(client_.peer_received().ends_with("reset reason: protocol error"));
  EXPECT_TRUE(upstream_.legs[0].dropped);
}

TEST_F(Http1, CutsTheClientOffWhereAnAnswerWasCutOff) {
  start();
  client_.peer_sends(kGet);
  leg().peer_sends("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
  leg().peer_closes();
  EXPECT_TRUE(client_.aborted());
}

TEST_F(Http1, DropsTheLegWhenTheClientResetsWhileItWaits) {
  start();
  client_.peer_sends(kGet);
  client_.peer_resets();
  EXPECT_TRUE(task_.done());
  EXPECT_TRUE(upstream_.legs[0].dropped);
}

TEST_F(Http1, AnswersAClientThatOnlyFinishedWriting) {
  start();
  client_.peer_sends(kGet);
  client_.peer_closes();
  leg().peer_sends(kOk);
  EXPECT_EQ(client_.peer_received(), kOk);
}

TEST_F(Http1, StopsReadingABodyThatTheServerDoesNotTake) {
  start();
  client_.peer_sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  leg().accept_at_most(0);
  client_.peer_sends(std::string(1'000'000, 'x'));
  EXPECT_LE(inbox_.bytes().size(), kChunk);
  leg().accept_at_most(2'000'000);
  EXPECT_TRUE(leg().peer_received().ends_with("\r\n\r\n" + std::string(1'000'000, 'x')));
}

TEST_F(Http1, AnswersPipelinedRequestsInOrder) {
  start();
  client_.peer_sends(std::string(kGet) + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(upstream_.legs.size(), 1U);
  leg(0).peer_sends(kOk);
  ASSERT_EQ(upstream_.legs.size(), 2U);
  EXPECT_TRUE(leg(1).peer_received().starts_with("GET /second "));
}

TEST_F(Http1, ResetsAtTheNextRequestWhenThePolicyNoLongerAllowsTheConnection) {  // invariant 1
  start();
  client_.peer_sends(kGet);
  leg().peer_sends(kOk);
  upstream_.allowed = false;
  client_.peer_sends(kGet);
  EXPECT_TRUE(client_.aborted());
  EXPECT_EQ(upstream_.legs.size(), 1U);
}

TEST_F(Http1, SpeaksHttp10WithThoseWhoDo) {
  start();
  client_.peer_sends("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(leg().peer_received(), "GET / HTTP/1.0\r\n\r\n");
  leg().peer_sends(kOk);
  EXPECT_NE(client_.peer_received().find("connection: close\r\n"), std::string::npos);
  EXPECT_FALSE(upstream_.legs[0].reused);
  EXPECT_TRUE(client_.write_side_finished());
}

TEST_F(Http1, EndsAHeadThatNeverEnds) {
  start();
  client_.peer_sends("GET / HTTP/1.1\r\nHost: ");
  loop_.pass(limits_.head_time + 1ms);
  EXPECT_TRUE(client_.peer_received().starts_with("HTTP/1.1 408 "));
}

TEST_F(Http1, RefusesAHeadThatIsTooLarge) {
  start();
  client_.peer_sends("GET / HTTP/1.1\r\nHost: a\r\nX: " +
                     std::string(limits_.head.head_bytes, 'x'));
  EXPECT_TRUE(client_.peer_received().starts_with("HTTP/1.1 431 "));
}

TEST_F(Http1, CountsRequestsFailuresAndBytes) {
  start();
  client_.peer_sends(kGet);
  leg(0).peer_sends(kOk);
  client_.peer_sends(kGet);
  leg(1).peer_sends("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  client_.peer_sends(kGet);
  leg(2).peer_resets();
  const auto taken = upstream_.edges.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].second.requests, 3U);
  EXPECT_EQ(taken[0].second.requests_failed, 2U);
  EXPECT_EQ(taken[0].second.bytes_received, 3 * kGet.size());
}

TEST_F(Http1, LastAnswerOfAnEndingSidecarSaysSo) {
  start();
  client_.peer_sends(kGet);
  ending_.begin();  // while the application thinks
  leg().peer_sends(kOk);
  EXPECT_EQ(client_.take_received(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nconnection: close\r\n\r\nok");
  EXPECT_TRUE(client_.write_side_finished());
}

TEST_F(Http1, RequestSentBeforeTheLastAnswerWasSeenIsAnsweredToo) {
  start();
  client_.peer_sends(kGet);
  client_.peer_sends(kGet);
  ending_.begin();
  leg(0).peer_sends(kOk);
  EXPECT_EQ(client_.take_received(), kOk);
  leg(1).peer_sends(kOk);
  EXPECT_NE(client_.take_received().find("connection: close"), std::string::npos);
}

TEST_F(Http1, IsIdleBetweenTwoRequestsOnly) {
  start();
  EXPECT_EQ(ending_.idle(), 1U);
  client_.peer_sends(kGet.substr(0, 10));
  EXPECT_EQ(ending_.idle(), 0U);
  client_.peer_sends(kGet.substr(10));
  EXPECT_EQ(ending_.idle(), 0U);
  leg().peer_sends(kOk);
  EXPECT_EQ(ending_.idle(), 1U);
}

}  // namespace
}  // namespace mortise::proxy
