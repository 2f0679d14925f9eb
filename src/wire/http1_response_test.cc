#include <gtest/gtest.h>

#include "wire/http1.h"

namespace mortise::wire::http1 {
namespace {

using namespace std::string_literals;

struct Answer {
  std::string problem;
  ResponseHead head;  // its views are gone
};

Answer answer(const std::string& text, std::string_view method = "GET") {
  Answer parsed;
  const auto size = parse_response(text, {}, method, parsed.head);
  if (!size) parsed.problem = size.error().what();
  if (size && *size == 0) parsed.problem = "more";
  if (size && *size > 0) EXPECT_EQ(*size, text.size());
  return parsed;
}

std::string with(const std::string& lines, const std::string& line = "HTTP/1.1 200 OK") {
  return line + "\r\n" + lines + "\r\n";
}

Framing framing(const std::string& text, std::string_view method = "GET") {
  const auto parsed = answer(text, method);
  EXPECT_EQ(parsed.problem, "");
  return parsed.head.framing;
}

TEST(Http1Response, IsTakenApart) {
  const auto text = "HTTP/1.1 404 Not Found at all\r\nServer: x\r\nContent-Length: 12\r\n\r\n"s;
  ResponseHead head;
  const auto size = parse_response(text, {}, "GET", head);
  ASSERT_TRUE(size) << size.error().what();
  EXPECT_EQ(*size, text.size());
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not Found at all");
  ASSERT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(head.fields[0].value, "x");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 12U);
}

TEST(Http1Response, SplitAtAnyByteWaitsForTheRest) {
  const auto text = with("Content-Length: 3\r\nX-Long: 0123456789abcdefghijklmnopq\r\n");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(answer(text.substr(0, cut)).problem, "more") << "cut at " << cut;
  }
  EXPECT_EQ(answer(text).problem, "");
}

TEST(Http1Response, MayLeaveOutItsReason) {
  for (const auto* line : {"HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 599 \x80"}) {
    EXPECT_EQ(answer(with("", line)).problem, "") << line;
  }
}

TEST(Http1Response, WithABrokenStatusLineIsRefused) {
  for (const auto& line :
       {"HTTP/1.1 20 OK"s, "HTTP/1.1 2000 OK"s, "HTTP/1.1  200 OK"s, "HTTP/1.1 099 OK"s,
        "HTTP/1.1 2x0 OK"s, "HTTP/1.2 200 OK"s, "HTTP/2 200"s, "HTTP/1.1\t200 OK"s,
        "http/1.1 200 OK"s, "ICY 200 OK"s, "HTTP/1.1 200\tOK"s, "HTTP/1.1 200 O\0K"s,
        "HTTP/1.1 200 OK\r"s, "\r\nHTTP/1.1 200 OK"s}) {
    const auto problem = answer(with("", line)).problem;
    EXPECT_NE(problem, "") << line;
    EXPECT_NE(problem, "more") << line;
  }
}

// RFC 9112 6.3
TEST(Http1Response, IsFramedByTheRequestItAnswersAndByItsStatus) {
  const auto length = "Content-Length: 5\r\n"s;
  const auto chunked = "Transfer-Encoding: chunked\r\n"s;
  EXPECT_EQ(framing(with(length)), Framing::length);
  EXPECT_EQ(framing(with(chunked)), Framing::chunked);
  EXPECT_EQ(framing(with("")), Framing::until_close);
  EXPECT_EQ(framing(with(length), "HEAD"), Framing::none);
  EXPECT_EQ(framing(with(chunked), "HEAD"), Framing::none);
  EXPECT_EQ(framing(with(length, "HTTP/1.1 304 Not Modified")), Framing::none);
  EXPECT_EQ(framing(with("", "HTTP/1.1 204 No Content")), Framing::none);
  EXPECT_EQ(framing(with("", "HTTP/1.1 100 Continue")), Framing::none);
  EXPECT_EQ(framing(with("", "HTTP/1.1 101 Switching Protocols")), Framing::none);
  EXPECT_EQ(framing(with(length), "CONNECT"), Framing::none);
  EXPECT_EQ(framing(with(length, "HTTP/1.1 407 Who are you"), "CONNECT"), Framing::length);
}

TEST(Http1Response, NamesNoLengthThatDoesNotFrameIt) {
  EXPECT_EQ(answer(with("Content-Length: 5\r\n"), "HEAD").head.content_length, 0U);
}

TEST(Http1Response, KeepsTheConnectionOnlyIfItsEndIsKnown) {
  EXPECT_TRUE(answer(with("Content-Length: 0\r\n")).head.keep_alive);
  EXPECT_FALSE(answer(with("Content-Length: 0\r\nConnection: close\r\n")).head.keep_alive);
  EXPECT_FALSE(answer(with("Content-Length: 0\r\n", "HTTP/1.0 200 OK")).head.keep_alive);
  EXPECT_FALSE(answer(with("")).head.keep_alive);
  EXPECT_TRUE(answer(with("", "HTTP/1.1 204 No Content")).head.keep_alive);
  EXPECT_FALSE(answer(with("", "HTTP/1.1 101 Switching Protocols")).head.keep_alive);
  EXPECT_FALSE(answer(with(""), "CONNECT").head.keep_alive);
}

// Security invariant 4
TEST(Http1Response, WithMoreThanOneReadingOfItsLengthIsRefused) {
  for (const auto* lines : {"Content-Length: 5\r\nContent-Length: 5\r\n",
                            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
                            "Content-Length: 5,5\r\n", "Content-Length: -1\r\n"}) {
    for (const auto* method : {"GET", "HEAD"}) {
      EXPECT_NE(answer(with(lines), method).problem, "") << lines;
    }
  }
  EXPECT_NE(answer(with("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK")).problem, "");
}

TEST(Http1Response, ThatHasNoBodyMayNotAnnounceOne) {
  for (const auto* line : {"HTTP/1.1 204 No Content", "HTTP/1.1 100 Continue"}) {
    EXPECT_NE(answer(with("Content-Length: 5\r\n", line)).problem, "") << line;
    EXPECT_NE(answer(with("Transfer-Encoding: chunked\r\n", line)).problem, "") << line;
    EXPECT_EQ(answer(with("Content-Length: 0\r\n", line)).problem, "") << "harmless and common";
  }
}

TEST(GuessRequest, KnowsARequestByItsVersion) {
  const auto text = "GET /headers HTTP/1.1\r\n"s;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const auto expected = cut < text.find("1.1") + 2 ? Guess::undecided : Guess::http;
    EXPECT_EQ(guess_request(text.substr(0, cut)), expected) << "cut at " << cut;
  }
}

TEST(GuessRequest, KnowsOtherProtocolsByTheirFirstBytes) {
  for (const auto& text : {
           "*1\r\n$4\r\nPING\r\n"s,              // Redis
           "PING\r\n"s,                          // Redis, typed by hand
           "SET key value\r\n"s,                 // Redis, typed by hand
           "EHLO example.org\r\n"s,              // SMTP
           "SSH-2.0-OpenSSH_9.2\r\n"s,           // SSH
           "\x16\x03\x01\x02\x00\x01"s,          // TLS
           "\0\0\0\x08\x04\xd2\x16\x2f"s,        // PostgreSQL
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,  // HTTP/2
           "GET / HTTP/2"s,
           "GET /old\r\n"s,  // HTTP/0.9
           "HTTP/1.1 200 OK\r\n"s,
           std::string(65, 'a'),
       }) {
    EXPECT_EQ(guess_request(text), Guess::not_http) << text;
  }
}

TEST(GuessRequest, DoesNotWaitForTheEndOfALongTarget) {
  EXPECT_EQ(guess_request("GET /" + std::string(9000, 'a')), Guess::http);
}

}  // namespace
}  // namespace mortise::wire::http1
