#include "wire/grpc_frame.h"

#include <gtest/gtest.h>

namespace mortise::wire {
namespace {

std::string framed(std::string_view message) { return grpc_prefix(message.size()).append(message); }

TEST(GrpcFrameReader, ReassemblesMessagesSplitAtEveryByte) {
  const auto bytes = framed("hello") + framed("") + framed("you");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    GrpcFrameReader reader(5);
    std::vector<std::string> messages;
    for (const auto& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      reader.feed(part);
      while (auto message = reader.next().value()) messages.push_back(*std::move(message));
    }
    EXPECT_EQ(messages, (std::vector<std::string>{"hello", "", "you"})) << "cut at " << cut;
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(GrpcFrameReader, RefusesAnOversizedMessageByItsPrefixAlone) {
  GrpcFrameReader reader(1000);
  reader.feed(grpc_prefix(1001));
  const auto refused = reader.next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_EQ(refused.error().what(), "a message of 1001 bytes is over the limit of 1000");
  EXPECT_FALSE(reader.next()) << "a refused message must stay refused";
}

TEST(GrpcFrameReader, ReadsTheLengthAsUnsignedBigEndian) {
  GrpcFrameReader reader(0xffff'ffff);
  reader.feed(std::string_view("\0\xff\xff\xff\xff", 5));
  EXPECT_EQ(reader.next().value(), std::nullopt) << "four gigabytes are still missing";
}

TEST(GrpcFrameReader, RefusesCompressedMessages) {
  GrpcFrameReader reader(100);
  reader.feed(std::string_view("\1\0\0\0\1x", 6));
  EXPECT_EQ(reader.next().error().code(), Code::invalid);
}

TEST(GrpcFrameReader, CountsOnlyWhatWasNotHandedOut) {
  GrpcFrameReader reader(100'000);
  const auto message = framed(std::string(10'000, 'a'));
  for (int i = 0; i < 10; ++i) reader.feed(message);
  for (std::size_t left = 10; left > 0; --left) {
    EXPECT_EQ(reader.buffered(), left * message.size());
    ASSERT_TRUE(reader.next().value());
  }
  EXPECT_EQ(reader.buffered(), 0U);
}

}  // namespace
}  // namespace mortise::wire
