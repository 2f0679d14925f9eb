#include "wire/http1.h"

#include <gtest/gtest.h>

namespace mortise::wire::http1 {
namespace {

using namespace std::string_literals;

struct Parsed {
  std::string text;  // what the views point into
  RequestHead head;
  Result<std::size_t> size = 0U;
};

std::unique_ptr<Parsed> request(std::string text, const Limits& limits = {}) {
  auto parsed = std::make_unique<Parsed>();
  parsed->text = std::move(text);
  parsed->size = parse_request(parsed->text, limits, parsed->head);
  return parsed;
}

// A request with these lines beside its Host.
std::string with(const std::string& lines, const std::string& line = "POST /x HTTP/1.1") {
  return line + "\r\nHost: httpbin.full\r\n" + lines + "\r\n";
}

// What is wrong with a request; empty if it is accepted, "more" if it is not complete.
std::string verdict(const std::string& text) {
  const auto parsed = request(text);
  if (!parsed->size) return parsed->size.error().what();
  return *parsed->size == 0 ? "more" : "";
}

TEST(Http1Request, IsTakenApartWithoutChangingAByte) {
  const auto text =
      "GET /headers?show=a%20b HTTP/1.1\r\n"
      "Host: httpbin.full:8000\r\n"
      "X-Empty:\r\n"
      "x-MiXed: \t two  words\t \r\n"
      "X-Utf8: gr\xc3\xbc\xc3\x9f\r\n"
      "\r\nnext"s;
  const auto parsed = request(text);
  ASSERT_TRUE(parsed->size) << parsed->size.error().what();
  const auto& head = parsed->head;
  EXPECT_EQ(*parsed->size, text.size() - 4);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/headers?show=a%20b");
  EXPECT_EQ(head.minor_version, 1);
  ASSERT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields[0].name, "Host");
  EXPECT_EQ(head.fields[0].value, "httpbin.full:8000");
  EXPECT_EQ(head.fields[1].value, "");
  EXPECT_EQ(head.fields[2].name, "x-MiXed");
  EXPECT_EQ(head.fields[2].value, "two  words");
  EXPECT_EQ(head.fields[3].value, "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST(Http1Request, SplitAtAnyByteWaitsForTheRest) {
  const auto text = with("Content-Length: 3\r\nX-Long: 0123456789abcdefghijklmnopq\r\n");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(verdict(text.substr(0, cut)), "more") << "cut at " << cut;
  }
  EXPECT_EQ(verdict(text), "");
}

TEST(Http1Request, ReusesTheMemoryOfItsFields) {
  RequestHead head;
  const auto long_text = with("A: 1\r\nB: 2\r\nC: 3\r\nUpgrade: x\r\nConnection: upgrade\r\n");
  ASSERT_TRUE(parse_request(long_text, {}, head));
  const auto* memory = head.fields.data();
  const auto short_text = with("Content-Length: 5\r\n");
  ASSERT_TRUE(parse_request(short_text, {}, head));
  EXPECT_EQ(head.fields.data(), memory);
  EXPECT_EQ(head.fields.size(), 2U);
  EXPECT_FALSE(head.upgrade) << "of the request before";
}

TEST(Http1Request, TakesAnyMethodThatIsAToken) {
  for (const auto* method : {"GET", "PROPFIND", "get", "X-1!#$%&'*+.^_`|~"}) {
    EXPECT_EQ(verdict(with("", method + " / HTTP/1.1"s)), "") << method;
  }
  for (const auto* method : {"GE(T", "", "G\tT", "G\x80", "\"GET\"", "GET:"}) {
    EXPECT_NE(verdict(with("", method + " / HTTP/1.1"s)), "") << method;
  }
  EXPECT_EQ(verdict(with("", std::string(64, 'M') + " / HTTP/1.1")), "");
  EXPECT_NE(verdict(with("", std::string(65, 'M') + " / HTTP/1.1")), "");
}

// RFC 9112 3.2
TEST(Http1Request, TakesTheFourFormsOfATargetWhereTheyBelong) {
  const auto taken = {"GET / HTTP/1.1",
                      "GET /a//b?c=/d;e|{} HTTP/1.1",
                      "OPTIONS * HTTP/1.1",
                      "GET http://httpbin.full/get HTTP/1.1",
                      "GET HTTP://HTTPBIN.full:80/get HTTP/1.1",
                      "GET http://httpbin.full?x HTTP/1.1",
                      "CONNECT example.org:443 HTTP/1.1",
                      "CONNECT [::1]:443 HTTP/1.1"};
  for (const auto* line : taken) EXPECT_EQ(verdict(with("", line)), "") << line;
  const auto refused = {"GET * HTTP/1.1",
                        "GET httpbin HTTP/1.1",
                        "GET example.org:443 HTTP/1.1",
                        "CONNECT / HTTP/1.1",
                        "CONNECT example.org HTTP/1.1",
                        "CONNECT example.org: HTTP/1.1",
                        "CONNECT :443 HTTP/1.1",
                        "CONNECT http://example.org:443 HTTP/1.1",
                        "GET http:///get HTTP/1.1",
                        "GET http://user@httpbin.full/ HTTP/1.1",
                        "GET /a#b HTTP/1.1",
                        "GET /a b HTTP/1.1",
                        "GET /\x80 HTTP/1.1",
                        "GET /\x7f HTTP/1.1",
                        "GET  / HTTP/1.1",
                        "GET /  HTTP/1.1",
                        "GET\t/ HTTP/1.1",
                        " GET / HTTP/1.1",
                        "GET /"};
  for (const auto* line : refused) EXPECT_NE(verdict(with("", line)), "") << line;
}

// RFC 9112 3.2.2: a target and a Host that disagree are two requests in one.
TEST(Http1Request, IsRefusedWhenTargetAndHostDisagree) {
  for (const auto* line : {"GET http://other/get HTTP/1.1", "GET http://httpbin.full:81/ HTTP/1.1",
                           "GET https://httpbin.full:80/ HTTP/1.1"}) {
    EXPECT_EQ(verdict(with("", line)), "a Host that contradicts the request target") << line;
  }
}

TEST(Http1Request, IsOfVersion10Or11) {
  for (const auto* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ",
                              "HTTP/1,1", "HTTP/11", "HTTP/1.10", "HTTP/01.1"}) {
    const auto answer = verdict(with("", "GET / "s + version));
    EXPECT_NE(answer, "") << version;
    EXPECT_NE(answer, "more") << version;
  }
  EXPECT_EQ(request(with("", "GET / HTTP/1.0"))->head.minor_version, 0);
}

// RFC 9112 3.2
TEST(Http1Request, HasExactlyOneHostUnlessItIsOld) {
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\n\r\n"), "no Host");
  EXPECT_EQ(verdict("GET / HTTP/1.0\r\n\r\n"), "");
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "");
  EXPECT_EQ(verdict(with("host: httpbin.full\r\n")), "more than one Host");
  EXPECT_EQ(verdict(with("HOST: b\r\n", "GET / HTTP/1.0")), "more than one Host");
  for (const auto* host : {"a, b", "a,b", "a b", "a/b", "user@a", "a:b", "a:123456", "a:80:80",
                           "[::1", "::1", "[]", "[g]", ":80", "a\x80", "a?b", "http://a"}) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), "a malformed Host") << host;
  }
  for (const auto* host : {"a", "a:80", "a:", "[::1]", "[::1]:8080", "10.0.0.1:1", "my_host"}) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), "") << host;
  }
}

// Security invariant 4, RFC 9112 6.3
TEST(Http1Request, WithMoreThanOneReadingOfItsLengthIsRefused) {
  for (const auto* lines : {
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\ncontent-length: 0\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked;q=1\r\n",
           "Transfer-Encoding: \"chunked\"\r\n",
           "Transfer-Encoding: chunked,\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding:\r\n",
           "Content-Length:\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: 5 5\r\n",
           "Content-Length: 5;\r\n",
           "Content-Length: 5.0\r\n",
           "Content-Length: 18446744073709551621\r\n",
           "Content-Length: 9223372036854775808\r\n",
       }) {
    const auto answer = verdict(with(lines));
    EXPECT_NE(answer, "") << lines;
    EXPECT_NE(answer, "more") << lines;
  }
  EXPECT_NE(verdict(with("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")), "");
}

TEST(Http1Request, SaysHowItsBodyIsFramed) {
  EXPECT_EQ(request(with("Transfer-Encoding: Chunked\r\n"))->head.framing, Framing::chunked);
  EXPECT_EQ(request(with(""))->head.framing, Framing::none);
  const auto with_length = request(with("content-LENGTH: 0123456789\r\n"));
  EXPECT_EQ(with_length->head.framing, Framing::length);
  EXPECT_EQ(with_length->head.content_length, 123456789U);
}

// Security invariant 4, RFC 9112 2.2 and 5
TEST(Http1Request, WithALineThatTwoParsersReadDifferentlyIsRefused) {
  for (const auto& lines : {
           "X: a\nY: b\r\n"s,
           "X: a\rY: b\r\n"s,
           "X: a\r\r\n"s,
           "X: a\n\r\n"s,
           "X: a\0b\r\n"s,
           "X: a\x1b\r\n"s,
           "X: a\x7f\r\n"s,
           "X: 0123456789abcdef\x01\r\n"s,
           "X\0: a\r\n"s,
           "X: a\r\n folded\r\n"s,
           "X: a\r\n\tfolded\r\n"s,
           "X : a\r\n"s,
           "X\t: a\r\n"s,
           ": a\r\n"s,
           "X\r\n"s,
           "X y: a\r\n"s,
           "X\x80: a\r\n"s,
           "(X): a\r\n"s,
           "\n"s,
           "\r"s,
       }) {
    const auto answer = verdict(with(lines));
    EXPECT_NE(answer, "") << lines;
    EXPECT_NE(answer, "more") << lines;
  }
  EXPECT_NE(verdict("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), "");
  EXPECT_NE(verdict("GET / HTTP/1.1\nHost: a\n\n"), "");
}

// Values are scanned eight bytes at a time; neighbours must not hide a byte from the scan.
TEST(Http1Request, HasNoControlCharacterAnywhereInAValue) {
  for (const char neighbour : {'a', ' ', '~', '\x80', '\xff', '\xa0'}) {
    for (int byte = 0; byte < 256; ++byte) {
      const bool allowed = byte == '\t' || (byte >= ' ' && byte != 0x7f);
      for (std::size_t at = 0; at < 20; ++at) {
        auto value = "b" + std::string(20, neighbour) + "e";
        value[at + 1] = static_cast<char>(byte);
        EXPECT_EQ(verdict(with("X: " + value + "\r\n")).empty(), allowed)
            << "byte " << byte << " at " << at;
      }
    }
  }
}

TEST(Http1Request, MayFollowOneEmptyLineButNoMore) {
  const auto parsed = request("\r\n" + with(""));
  ASSERT_TRUE(parsed->size) << parsed->size.error().what();
  EXPECT_EQ(*parsed->size, parsed->text.size());
  EXPECT_EQ(parsed->head.method, "POST");
  EXPECT_NE(verdict("\r\n\r\n" + with("")), "");
  EXPECT_NE(verdict("\n" + with("")), "");
}

TEST(Http1Request, LargerThanItsLimitsIsRefusedBeforeItIsComplete) {
  const Limits limits{.head_bytes = 100, .fields = 3};
  const auto fits = with("A: 1\r\nB: 2\r\n");
  EXPECT_TRUE(request(fits, limits)->size);
  const auto fields = request(with("A: 1\r\nB: 2\r\nC: 3\r\n"), limits);
  ASSERT_FALSE(fields->size);
  const auto endless = request("GET /" + std::string(95, 'a'), limits);
  ASSERT_FALSE(endless->size);
  EXPECT_EQ(endless->size.error().code(), Code::exhausted);
  EXPECT_EQ(*request("GET /" + std::string(94, 'a'), limits)->size, 0U);

  const Limits exact{.head_bytes = fits.size(), .fields = 3};
  EXPECT_EQ(*request(fits + "body", exact)->size, fits.size());
  const Limits short_by_one{.head_bytes = fits.size() - 1, .fields = 3};
  EXPECT_FALSE(request(fits + "body", short_by_one)->size);
}

// RFC 9112 9.3
TEST(Http1Request, KeepsTheConnectionByVersionAndOption) {
  const auto kept = [](const std::string& lines, const std::string& version) {
    return request(with(lines, "GET / HTTP/" + version))->head.keep_alive;
  };
  EXPECT_TRUE(kept("", "1.1"));
  EXPECT_FALSE(kept("Connection: Close\r\n", "1.1"));
  EXPECT_FALSE(kept("Connection: foo,  close ,bar\r\n", "1.1"));
  EXPECT_FALSE(kept("Connection: foo\r\nConnection: close\r\n", "1.1"));
  EXPECT_TRUE(kept("Connection: closed\r\n", "1.1"));
  EXPECT_FALSE(kept("", "1.0"));
  EXPECT_TRUE(kept("Connection: Keep-Alive\r\n", "1.0"));
  EXPECT_FALSE(kept("Connection: keep-alive, close\r\n", "1.0"));
}

// RFC 9110 7.8, 10.1.1
TEST(Http1Request, UpgradesAndExpectsOnlyInVersion11) {
  const auto lines =
      "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nExpect: 100-Continue\r\n"s;
  const auto recent = request(with(lines));
  EXPECT_TRUE(recent->head.upgrade);
  EXPECT_TRUE(recent->head.expects_continue);
  const auto old = request(with(lines, "GET / HTTP/1.0"));
  EXPECT_FALSE(old->head.upgrade);
  EXPECT_FALSE(old->head.expects_continue);
  EXPECT_FALSE(request(with("Upgrade: websocket\r\n"))->head.upgrade) << "not listed";
  EXPECT_FALSE(request(with("Connection: upgrade\r\n"))->head.upgrade) << "to what?";
}

TEST(Http1Fields, AreFoundWhateverTheirCase) {
  const auto parsed = request(with("X-A: 1\r\nx-a: 2\r\n"));
  const auto* field = find(parsed->head.fields, "x-a");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->value, "1");
  EXPECT_EQ(find(parsed->head.fields, "x-b"), nullptr);
  EXPECT_TRUE(equals_ignoring_case("X-Az", "x-aZ"));
  EXPECT_FALSE(equals_ignoring_case("x-a", "x-ab"));
  EXPECT_FALSE(equals_ignoring_case("@", "`")) << "only letters have a case";
}

// RFC 9110 7.6.1
TEST(Http1Fields, ThatEndAtTheNextHopAreTheListedAndTheWellKnownOnes) {
  const auto parsed =
      request(with("Connection: close, X-Hop\r\nX-Hop: 1\r\nConnection: x-other\r\nX-Kept: 1\r\n"));
  const auto& fields = parsed->head.fields;
  for (const auto* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade", "X-Hop",
                           "x-hop", "X-Other", "close"}) {
    EXPECT_TRUE(is_hop_by_hop(fields, name)) << name;
  }
  for (const auto* name : {"X-Kept", "Host", "Transfer-Encoding", "Trailer"}) {
    EXPECT_FALSE(is_hop_by_hop(fields, name)) << name;
  }
}

// Dropping one of these would change where the next request begins, or whose it is.
TEST(Http1Fields, ThatFrameAMessageStayEvenIfConnectionListsThem) {
  const auto parsed = request(with("Connection: Content-Length, Transfer-Encoding, Host\r\n"));
  for (const auto* name : {"Content-Length", "Transfer-Encoding", "Host"}) {
    EXPECT_FALSE(is_hop_by_hop(parsed->head.fields, name)) << name;
  }
}

}  // namespace
}  // namespace mortise::wire::http1
