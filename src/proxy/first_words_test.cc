#include "proxy/first_words.h"

#include <gtest/gtest.h>

#include "proxy/testing/scripted_stream.h"

namespace mortise::proxy {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HandLoop;
using testing::ScriptedStream;

TEST(FirstWords, CallsHttpWhateverSomeServerWouldRead) {  // invariant 5
  for (const auto& text : {
           "GET / HTTP/1.1\r\n"s,
           "GET / HTTP/1.1\n"s,
           "get / http/1.0\n"s,
           "\r\n\r\n  GET / HTTP/1.1\r\n"s,
           "GET\t/\tHTTP/1.1\r\n"s,
           "ANY-METHOD / HTTP/1.1\r\n"s,
           "GET /\xff HTTP/1.1\n"s,
           "GET /path\r\n"s,
           "GET http://a/ HTTP/9.9\r\n"s,
           std::string(9000, 'a'),
       }) {
    EXPECT_EQ(classify(text), Words::http) << text.substr(0, 40);
  }
}

TEST(FirstWords, TellsOtherProtocolsApart) {
  for (const auto& text : {
           "*1\r\n$4\r\nPING\r\n"s, "get key\r\n"s, "EHLO example.org\r\n"s, "\x16\x03\x01"s,
           "\0\0\0\x08"s,
           "\r\n\r\n\0\r\nQUIT\n"s,  // PROXY protocol, version 2
       }) {
    EXPECT_EQ(classify(text), Words::other) << text;
  }
}

TEST(FirstWords, CallsHttp2OnlyItsWholePreface) {  // RFC 9113 3.4
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  EXPECT_EQ(classify(preface), Words::http2);
  EXPECT_EQ(classify(preface + "\0\0\0\4"s), Words::http2);
  for (std::size_t cut = 0; cut < preface.size(); ++cut) {
    EXPECT_EQ(classify(preface.substr(0, cut)), Words::undecided) << "cut at " << cut;
  }
  EXPECT_EQ(classify("PRI * HTTP/2.0\r\nX-Forwarded-Client-Cert: forged\r\n\r\n"), Words::http);
  EXPECT_EQ(classify("\n" + preface), Words::http);
}

TEST(FirstWords, GoAsBytesOnlyWhereTheyHideNoRequest) {  // invariant 5
  for (const auto handling : {Handling::guess, Handling::http2}) {
    EXPECT_TRUE(goes_as_bytes(Words::other, handling));
    EXPECT_FALSE(goes_as_bytes(Words::http, handling));
  }
  EXPECT_TRUE(goes_as_bytes(Words::http2, Handling::http2));
  EXPECT_FALSE(goes_as_bytes(Words::http2, Handling::guess));
}

TEST(FirstWords, IsUndecidedAtEveryByteBeforeTheVersion) {
  const std::string line = "GET / HTTP/1.1\n";
  for (std::size_t cut = 0; cut <= line.find("/1."); ++cut) {
    EXPECT_EQ(classify(line.substr(0, cut)), Words::undecided) << "cut at " << cut;
  }
}

TEST(HearClient, StopsWaitingForALineEndButNotForTheFirstByte) {
  HandLoop loop;
  ScriptedStream client(loop);
  Inbox inbox(client);
  auto task = hear_client(loop, inbox, 250ms);
  task.start();
  loop.pass(10s);
  EXPECT_FALSE(task.done());
  client.peer_sends("ping");
  loop.pass(249ms);
  EXPECT_FALSE(task.done());
  loop.pass(2ms);
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), Words::undecided);
  EXPECT_EQ(inbox.bytes(), "ping");
}

TEST(UnlessHttp, PassesBytesOnUntilTheirFirstLineIsARequest) {
  HandLoop loop;
  ScriptedStream client(loop);
  UnlessHttp guarded(client, "GE", Handling::guess);
  std::array<char, 64> buffer;
  client.peer_sends("T / HT");
  EXPECT_EQ(guarded.try_read(buffer).value().bytes, 6U);
  client.peer_sends("TP/1.1\nX-Forwarded-Client-Cert: forged\n");
  EXPECT_FALSE(guarded.try_read(buffer));
}

TEST(UnlessHttp, StopsLookingAfterAFirstLineThatIsNone) {
  HandLoop loop;
  ScriptedStream client(loop);
  UnlessHttp guarded(client, "", Handling::guess);
  std::array<char, 64> buffer;
  client.peer_sends("hello\nGET / HTTP/1.1\n");
  EXPECT_EQ(guarded.try_read(buffer).value().bytes, 21U);
}

}  // namespace
}  // namespace mortise::proxy
