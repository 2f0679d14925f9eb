#include "rpc/metadata.h"

#include <gtest/gtest.h>

namespace mortise::rpc {
namespace {

using namespace std::chrono_literals;
using wire::http2::Fields;

TEST(Message, SurvivesTheWayThroughAField) {
  const std::string text = "100 % of \"caf\xc3\xa9\"\r\nis\tgone";
  const auto encoded = encode_message(text);
  EXPECT_EQ(encoded, "100 %25 of \"caf%C3%A9\"%0D%0Ais%09gone");
  EXPECT_EQ(decode_message(encoded), text);
}

TEST(Message, BrokenEscapeStaysAsItIs) {
  EXPECT_EQ(decode_message("50%"), "50%");
  EXPECT_EQ(decode_message("%4"), "%4");
  EXPECT_EQ(decode_message("%zz%41"), "%zzA");
}

TEST(Message, LongSentenceIsCutAtAWholeEscape) {
  const auto encoded = encode_message(std::string(10'000, '\n'));
  EXPECT_LE(encoded.size(), 4096U);
  EXPECT_EQ(encoded.size() % 3, 0U);
}

TEST(Timeout, IsWrittenWithAtMostEightDigitsRoundedUp) {
  EXPECT_EQ(encode_timeout(250ns), "250n");
  EXPECT_EQ(encode_timeout(2s), "2000000u");
  EXPECT_EQ(encode_timeout(1h), "3600000m");
  EXPECT_EQ(encode_timeout(100s + 1ns), "100001m");
  EXPECT_EQ(encode_timeout(-1s), "0n");
  EXPECT_EQ(encode_timeout(Duration::max()), "2562048H") << "even for ever has a number";
}

TEST(Timeout, IsReadInEveryUnitAndNeverOverflows) {
  EXPECT_EQ(decode_timeout("7n"), 7ns);
  EXPECT_EQ(decode_timeout("7u"), 7us);
  EXPECT_EQ(decode_timeout("7m"), 7ms);
  EXPECT_EQ(decode_timeout("7S"), 7s);
  EXPECT_EQ(decode_timeout("7M"), 7min);
  EXPECT_EQ(decode_timeout("7H"), 7h);
  EXPECT_GT(decode_timeout("99999999H").value(), 24h * 3650 - 1h);
}

TEST(Timeout, AnythingElseIsRefused) {
  for (const char* text : {"", "S", "5", "-5S", "5s", "5 S", "123456789S", "+5S", "5SS"}) {
    EXPECT_FALSE(decode_timeout(text)) << text;
  }
}

TEST(Request, OnlyPostedGrpcIsACall) {
  EXPECT_EQ(refuse_request(request_fields("/a.B/C", 1s)), std::nullopt);
  EXPECT_EQ(refuse_request({{":method", "GET"}})->front().value, "405");
  EXPECT_EQ(refuse_request({{":method", "POST"}})->front().value, "415");
  EXPECT_EQ(refuse_request({{":method", "POST"}, {"content-type", "application/grpcx"}})->size(),
            1U);
  EXPECT_EQ(refuse_request({{":method", "POST"}, {"content-type", "application/grpc+proto"}}),
            std::nullopt);
}

TEST(Request, CompressedMessagesAreRefusedInGrpcsOwnWords) {
  auto request = request_fields("/a.B/C", std::nullopt);
  request.push_back({"grpc-encoding", "gzip"});
  const auto answer = refuse_request(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(parse_status(*answer).code, StatusCode::unimplemented);
  EXPECT_EQ(*find(*answer, "grpc-accept-encoding"), "identity");
}

TEST(Response, AnswerOfAnotherProtocolBecomesAStatus) {
  EXPECT_EQ(refuse_response(response_fields()), std::nullopt);
  EXPECT_EQ(refuse_response({{":status", "503"}})->code, StatusCode::unavailable);
  EXPECT_EQ(refuse_response({{":status", "404"}, {"content-type", "text/html"}})->code,
            StatusCode::unimplemented);
  EXPECT_EQ(refuse_response({{":status", "200"}, {"content-type", "text/html"}})->code,
            StatusCode::unknown);
}

TEST(Trailers, CarryEveryStatusAndItsSentence) {
  for (int code = 0; code <= 16; ++code) {
    const Status status{static_cast<StatusCode>(code), "why: \n"};
    const Status back = parse_status(trailer_fields(status));
    EXPECT_EQ(back.code, status.code);
    EXPECT_EQ(back.message, status.message);
  }
}

TEST(Trailers, MissingOrStrangeStatusIsUnknown) {
  EXPECT_EQ(parse_status({}).code, StatusCode::unknown);
  EXPECT_EQ(parse_status({{"grpc-status", "17"}}).code, StatusCode::unknown);
  EXPECT_EQ(parse_status({{"grpc-status", "0x"}}).code, StatusCode::unknown);
}

TEST(ErrorCode, SurvivesTheWayThroughAStatus) {
  for (const Code code : {Code::invalid, Code::not_found, Code::denied, Code::conflict,
                          Code::unavailable, Code::timed_out, Code::exhausted, Code::bug}) {
    EXPECT_EQ(to_error(to_status(Error(code, "why"))), Error(code, "why"));
  }
}

}  // namespace
}  // namespace mortise::rpc
