#include <gtest/gtest.h>

#include "wire/http1.h"

namespace mortise::wire::http1 {
namespace {

using namespace std::string_literals;

// "done N" with the bytes that belong to the body, "more", or what is wrong.
std::string verdict(const std::string& bytes) {
  ChunkedBody body;
  const auto taken = body.scan(bytes);
  if (!taken) return taken.error().what();
  if (!body.done()) {
    EXPECT_EQ(*taken, bytes.size());
    return "more";
  }
  return "done " + std::to_string(*taken);
}

const std::string kBody =
    "5\r\nhello\r\n"
    "00A;name=\"va lue\";x\r\n0123456789\r\n"
    "0\r\nX-Sum: 1\r\nX-Empty:\r\n\r\n";

TEST(ChunkedBody, EndsWithItsTrailers) {
  EXPECT_EQ(verdict(kBody), "done " + std::to_string(kBody.size()));
  EXPECT_EQ(verdict(kBody + "GET / HTTP/1.1\r\n"), "done " + std::to_string(kBody.size()));
  EXPECT_EQ(verdict("0\r\n\r\n"), "done 5");
}

TEST(ChunkedBody, SplitAtAnyByteEndsAtTheSamePlace) {
  for (std::size_t cut = 0; cut < kBody.size(); ++cut) {
    ChunkedBody body;
    const auto first = body.scan(kBody.substr(0, cut));
    ASSERT_TRUE(first) << "cut at " << cut << ": " << first.error().what();
    EXPECT_EQ(*first, cut);
    EXPECT_FALSE(body.done()) << "cut at " << cut;
    const auto second = body.scan(kBody.substr(cut) + "next");
    ASSERT_TRUE(second) << "cut at " << cut << ": " << second.error().what();
    EXPECT_EQ(*second, kBody.size() - cut);
    EXPECT_TRUE(body.done()) << "cut at " << cut;
  }
}

TEST(ChunkedBody, TakesNothingAfterItsEnd) {
  ChunkedBody body;
  ASSERT_TRUE(body.scan("0\r\n\r\n"));
  const auto more = body.scan("0\r\n\r\n");
  ASSERT_TRUE(more);
  EXPECT_EQ(*more, 0U);
}

// Security invariant 4, RFC 9112 7.1
TEST(ChunkedBody, ThatTwoParsersReadDifferentlyIsRefused) {
  for (const auto& bytes : {
           "\r\n"s,          ";x\r\n"s,          "x5\r\n"s,
           "0x5\r\n"s,       "+5\r\n"s,          "-5\r\n"s,
           " 5\r\n"s,        "5 \r\n"s,          "5 ;x\r\n"s,
           "5,\r\n"s,        "5\nhello\r\n"s,    "5\rhello\r\n"s,
           "5\r\r\nhello"s,  "5;x\nhello\r\n"s,  "5;x\0\r\n"s,
           "5;x\x7f\r\n"s,   "5\r\nhello\n"s,    "5\r\nhelloo\r\n"s,
           "5\r\nhello\rx"s, "5\r\nhello5\r\n"s, "0\n\n"s,
           "0\r\n\n"s,       "0\r\n\r\r"s,       "0\r\nX: a\n\r\n"s,
           "0\r\nX: a\rb"s,  "0\r\nX: a\0b"s,    "0\r\nX : a\r\n"s,
           "0\r\n: a\r\n"s,  "0\r\nX\r\n"s,      "0\r\nX: a\r\n b\r\n"s,
       }) {
    const auto answer = verdict(bytes);
    EXPECT_TRUE(answer.starts_with("chunked body: ")) << bytes << " -> " << answer;
  }
}

TEST(ChunkedBody, HasSizesOfAtMostFifteenDigits) {
  EXPECT_EQ(verdict("000000000000005\r\nhello\r\n0\r\n\r\n"), "done 29");
  EXPECT_EQ(verdict("fffffffffffffff\r\n"), "more");
  EXPECT_NE(verdict("0000000000000005"), "more");
  EXPECT_NE(verdict("ffffffffffffffffffff"), "more");
}

TEST(ChunkedBody, EndsEndlessExtensionsAndTrailers) {
  EXPECT_EQ(verdict("5;" + std::string(4096, 'x')), "more");
  EXPECT_NE(verdict("5;" + std::string(4097, 'x')), "more");
  std::string trailers = "0\r\n";
  for (int i = 0; i < 2000; ++i) trailers += "X-Y: 12345\r\n";
  EXPECT_EQ(verdict(trailers), "chunked body: trailers without end");
}

TEST(ChunkedBody, LimitsEachExtensionAndNotTheirSum) {
  ChunkedBody body;
  const auto chunk = "1;" + std::string(1000, 'x') + "\r\na\r\n";
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(body.scan(chunk)) << i;
}

// RFC 9110 6.5.1, security invariant 5: some servers merge trailers into the head.
TEST(ChunkedBody, RefusesTrailersThatBelongIntoTheHead) {
  for (const auto* name :
       {"Content-Length", "transfer-encoding", "Host", "Connection", "X-Forwarded-Client-Cert",
        "x-forwarded-CLIENT-cert", "x_forwarded_client_cert", "X-Forwarded_Client-Cert",
        "Content_Length"}) {
    EXPECT_EQ(verdict("0\r\nX: y\r\n"s + name + ": a\r\n\r\n"),
              "chunked body: a trailer that belongs into the head")
        << name;
  }
  for (const auto* name :
       {"X-Forwarded-Client-Certificate", "Hos", "Hosts", "X-Forwarded-Client-Cert2"}) {
    EXPECT_TRUE(verdict("0\r\n"s + name + ": a\r\n\r\n").starts_with("done")) << name;
  }
}

}  // namespace
}  // namespace mortise::wire::http1
