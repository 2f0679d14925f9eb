#include "http/message.h"

#include <gtest/gtest.h>

namespace mortise::http {
namespace {

Result<Request> parse(std::string_view target) {
  wire::http1::RequestHead head;
  head.method = "GET";
  head.target = target;
  return to_request(head);
}

TEST(Percent, EveryByteSurvives) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b/c~é"), "a%20b%2Fc~%C3%A9");
}

TEST(Percent, BrokenEscapesAreRefused) {
  for (const char* text : {"%", "%4", "a%zz", "%4g", "%+1", "% 1"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(Target, PathAndQueryAreDecodedApart) {
  const auto request = parse("/a%3Fb/c?x=1%26y&empty=&bare&plus=a+b&=nameless&&x=2").value();
  EXPECT_EQ(request.path, "/a?b/c");
  const std::map<std::string, std::string> expected = {
      {"x", "2"}, {"empty", ""}, {"bare", ""}, {"plus", "a b"}, {"", "nameless"}};
  EXPECT_EQ(request.query, expected);
}

TEST(Target, WholeUrlCountsByItsPath) {
  EXPECT_EQ(parse("http://host:80/a/b?c=d").value().path, "/a/b");
  EXPECT_EQ(parse("http://host").value().path, "/");
  EXPECT_EQ(parse("/see/http://other").value().path, "/see/http://other");
}

TEST(Target, AnythingElseIsRefused) {
  EXPECT_FALSE(parse("host:443"));
  EXPECT_FALSE(parse("a/b"));
  EXPECT_FALSE(parse("/broken%2"));
  EXPECT_FALSE(parse("/?broken=%2"));
}

TEST(EncodeResponse, SaysLengthTypeAndDate) {
  const Response response{
      .status = 404, .headers = {{"X-Why", "gone"}}, .body = "{}", .content_type = "text/plain"};
  EXPECT_EQ(encode_response(response, {.now = WallTime(std::chrono::seconds(784111777))}),
            "HTTP/1.1 404 Not Found\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "X-Why: gone\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Length: 2\r\n"
            "Connection: keep-alive\r\n\r\n{}");
}

TEST(EncodeResponse, AnswerToHeadHasTheLengthButNotTheBody) {
  const auto text = encode_response({.status = 200, .headers = {}, .body = "four"},
                                    {.with_body = false, .keep_alive = false, .now = {}});
  EXPECT_TRUE(text.contains("Content-Length: 4\r\n"));
  EXPECT_TRUE(text.ends_with("Connection: close\r\n\r\n"));
}

TEST(EncodeResponse, NoContentHasNeitherBodyNorLength) {
  const auto text = encode_response({.status = 204, .headers = {}, .body = "ignored"}, {});
  EXPECT_FALSE(text.contains("Content-Length"));
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(EncodeResponse, HandlerCannotBreakTheFraming) {
  const Response lying{.status = 200,
                       .headers = {{"Content-Length", "999"}, {"transfer-encoding", "chunked"}},
                       .body = "four"};
  const auto text = encode_response(lying, {});
  EXPECT_TRUE(text.contains("Content-Length: 4\r\n"));
  EXPECT_FALSE(text.contains("999"));
  EXPECT_FALSE(text.contains("chunked"));
  for (const auto& header : {std::pair{"A", "b\r\nC: d"}, {"A\r\n", "b"}, {"A:", "b"}, {"", "b"}}) {
    const auto refused =
        encode_response({.status = 200, .headers = {header}, .body = "secret"}, {});
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 500 ")) << header.second;
    EXPECT_FALSE(refused.contains("secret"));
  }
}

TEST(EncodeRequest, RefusesWhatWouldSplitIt) {
  EXPECT_TRUE(encode_request({.method = "GET", .target = "/a"}));
  EXPECT_FALSE(encode_request({.method = "GET", .target = "/a b"}));
  EXPECT_FALSE(encode_request({.method = "GET", .target = "/a\r\nX: y"}));
  EXPECT_FALSE(encode_request({.method = "", .target = "/a"}));
  EXPECT_FALSE(encode_request({.target = "/", .headers = {{"X", "a\nb"}}}));
}

}  // namespace
}  // namespace mortise::http
