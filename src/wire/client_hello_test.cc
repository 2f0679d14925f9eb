#include "wire/client_hello.h"

#include <gtest/gtest.h>

namespace mortise::wire {
namespace {

using namespace std::string_literals;
using Verdict = ClientHello::Verdict;

std::string number(std::size_t value, int width) {
  std::string bytes;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 0xff);
  }
  return bytes;
}
std::string sized(int width, const std::string& body) { return number(body.size(), width) + body; }
std::string extension(std::size_t type, const std::string& body) {
  return number(type, 2) + sized(2, body);
}

std::string server_name(const std::string& name) {
  return extension(0, sized(2, '\0' + sized(2, name)));
}
std::string alpn(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += sized(1, name);
  return extension(16, sized(2, list));
}

// The body of a ClientHello with these extensions; "" for one without any extensions.
std::string hello_body(const std::string& extensions) {
  return "\x03\x03" + std::string(32, 'r') + sized(1, std::string(32, 's')) +
         sized(2, "\x13\x01\x0a\x0a") + sized(1, "\0"s) +
         (extensions.empty() ? "" : sized(2, extensions));
}
std::string message(const std::string& body) { return "\1" + sized(3, body); }
std::string record(const std::string& payload) { return "\x16\x03\x01" + sized(2, payload); }

// The message in records of at most `size` bytes.
std::string records(const std::string& whole, std::size_t size) {
  std::string bytes;
  for (std::size_t at = 0; at < whole.size(); at += size) bytes += record(whole.substr(at, size));
  return bytes;
}

// Unknown extensions and reserved values as Chrome sends them (RFC 8701).
const std::string kExtensions =
    extension(0x0a0a, "") + server_name("outbound_.80_._.httpbin.full.svc.cluster.local") +
    extension(43, "\x04\x6a\x6a\x03\x04") + alpn({"\x2a\x2a", "mortise/1", "http/1.1"}) +
    extension(0xfafa, "\0"s) + extension(21, std::string(100, '\0'));
const std::string kMessage = message(hello_body(kExtensions));

void expect_the_hello(const ClientHello& hello) {
  EXPECT_EQ(hello.verdict, Verdict::tls);
  EXPECT_EQ(hello.server_name, "outbound_.80_._.httpbin.full.svc.cluster.local");
  EXPECT_EQ(hello.alpn, (std::vector{"\x2a\x2a"s, "mortise/1"s, "http/1.1"s}));
}

Verdict verdict(const std::string& bytes) { return peek_client_hello(bytes).verdict; }

// semantics S-7
TEST(ClientHello, SplitAtAnyByteIsIncompleteUntilItsLast) {
  const auto bytes = record(kMessage);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_EQ(verdict(bytes.substr(0, cut)), Verdict::incomplete) << "cut at " << cut;
  }
  expect_the_hello(peek_client_hello(bytes));
  expect_the_hello(peek_client_hello(bytes + "\x14\x03\x03"s));
}

TEST(ClientHello, IsReassembledFromRecordsOfAnySize) {
  for (std::size_t size = 1; size <= kMessage.size(); ++size) {
    const auto bytes = records(kMessage, size);
    SCOPED_TRACE(size);
    expect_the_hello(peek_client_hello(bytes));
    EXPECT_EQ(verdict(bytes.substr(0, bytes.size() - 1)), Verdict::incomplete);
  }
}

TEST(ClientHello, SplitAtAnyByteOfManyRecordsIsIncompleteUntilItsLast) {
  const auto bytes = records(kMessage, 3);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_EQ(verdict(bytes.substr(0, cut)), Verdict::incomplete) << "cut at " << cut;
  }
}

// A hello as large as post-quantum key shares and tickets make it spans several full records.
TEST(ClientHello, MayBeLargerThanOneRecord) {
  const auto large = message(hello_body(kExtensions + extension(41, std::string(30000, 't'))));
  expect_the_hello(peek_client_hello(records(large, 16 * 1024)));
}

TEST(ClientHello, NeedsNeitherNameNorAlpnNorExtensions) {
  const auto bare = peek_client_hello(record(message(hello_body(""))));
  EXPECT_EQ(bare.verdict, Verdict::tls);
  EXPECT_EQ(bare.server_name, "");
  EXPECT_TRUE(bare.alpn.empty());
}

// semantics S-7: a failure means "not TLS"
TEST(ClientHello, IsNotSeenInOtherBytes) {
  for (const auto& bytes : {
           "GET / HTTP/1.1\r\n"s,
           "\x15\x03\x01\x00\x02\x01\x00"s,  // an alert
           "\x16\x02\x00"s,                  // SSL 2
           "\x16\x03\x05"s,
           "\x16\x03\x01\x00\x00"s,      // an empty record
           "\x16\x03\x01\x40\x01"s,      // a record of more than 16 KiB
           "\x16\x03\x01\x00\x01\x02"s,  // a ServerHello
           "\x80\x2e\x01\x03\x01"s,      // an SSL 2 ClientHello
       }) {
    EXPECT_EQ(verdict(bytes), Verdict::not_tls) << ::testing::PrintToString(bytes);
  }
  EXPECT_EQ(verdict(record(kMessage.substr(0, 50)) + "\x17\x03\x01"), Verdict::not_tls)
      << "a record of another type in the middle";
}

TEST(ClientHello, WithAFieldThatDoesNotFitIsNotTls) {
  const auto body = hello_body(kExtensions);
  for (const auto& broken : {
           body.substr(0, 20),
           body.substr(0, body.size() - 1),
           body + "x",
           "\x02\x03" + body.substr(2),
           hello_body(alpn({"h2"}) + alpn({"h2"})),
           hello_body(server_name("a") + server_name("b")),
           hello_body(server_name("")),
           hello_body(server_name("a\0b"s)),
           hello_body(server_name(std::string(256, 'a'))),
           hello_body(alpn({})),
           hello_body(alpn({""})),
           hello_body(extension(16, sized(2, "\x05h2"))),
           hello_body(extension(0, sized(2, "\1" + sized(2, "a")))),
           hello_body("\0\0"s),
       }) {
    EXPECT_EQ(verdict(record(message(broken))), Verdict::not_tls)
        << ::testing::PrintToString(broken);
  }
}

TEST(ClientHello, AboveTheLimitIsNotTlsAsSoonAsItsSizeIsKnown) {
  const auto bytes = record(kMessage);
  EXPECT_EQ(peek_client_hello(bytes, bytes.size()).verdict, Verdict::tls);
  EXPECT_EQ(peek_client_hello(bytes, bytes.size() - 1).verdict, Verdict::not_tls);
  EXPECT_EQ(verdict(record("\1\xff\xff\xff")), Verdict::not_tls);
  const auto thin = records(kMessage, 1);
  EXPECT_EQ(peek_client_hello(thin, 1000).verdict, Verdict::not_tls) << "mostly record headers";
}

// semantics S-4, K-23
TEST(ClientHello, OffersTheMeshByOneOfSixNames) {
  for (const auto* name : {"mortise/1", "istio", "istio-peer-exchange", "istio-http/1.0",
                           "istio-http/1.1", "istio-h2"}) {
    const auto hello = peek_client_hello(record(message(hello_body(alpn({"h2", name})))));
    EXPECT_TRUE(offers_mesh_protocol(hello)) << name;
  }
  for (const auto* name : {"h2", "http/1.1", "istio-", "Istio", "istio-http/2", "mortise/10"}) {
    const auto hello = peek_client_hello(record(message(hello_body(alpn({name})))));
    EXPECT_EQ(hello.verdict, Verdict::tls);
    EXPECT_FALSE(offers_mesh_protocol(hello)) << name;
  }
}

}  // namespace
}  // namespace mortise::wire
