#include "bench/load/response.h"

#include <gtest/gtest.h>

namespace mortise::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello";

TEST(Response, IsCompleteAtItsLastByteHoweverItIsCut) {
  for (std::size_t cut = 0; cut < kAnswer.size(); ++cut) {
    Response response;
    EXPECT_EQ(response.feed(kAnswer.substr(0, cut)), Response::State::reading) << cut;
    EXPECT_EQ(response.feed(kAnswer.substr(cut)), Response::State::complete) << cut;
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.body_bytes(), 5U);
    EXPECT_FALSE(response.closes());
  }
}

TEST(Response, ReadsTheNextAnswerAfterReset) {
  Response response;
  response.feed(kAnswer);
  response.reset();
  EXPECT_EQ(response.feed("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n"
                          "connection: close\r\n\r\n"),
            Response::State::complete);
  EXPECT_EQ(response.status(), 503);
  EXPECT_TRUE(response.closes());
}

TEST(Response, MoreThanWasAnnouncedIsBroken) {
  Response response;
  EXPECT_EQ(response.feed(std::string(kAnswer) + "x"), Response::State::broken);
}

TEST(Response, AnswerWithoutLengthIsBrokenSinceItsEndIsUnknown) {
  Response response;
  EXPECT_EQ(response.feed("HTTP/1.1 200 OK\r\n\r\n"), Response::State::broken);
}

TEST(Response, SomethingElseThanHttpIsBroken) {
  Response response;
  EXPECT_EQ(response.feed("SSH-2.0-OpenSSH\r\n\r\n"), Response::State::broken);
}

}  // namespace
}  // namespace mortise::bench
