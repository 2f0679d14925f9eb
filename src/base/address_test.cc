#include "base/address.h"

#include <gtest/gtest.h>

namespace mortise {
namespace {

TEST(SocketAddress, PrintsWhatItParsed) {
  for (const auto* text : {"0.0.0.0:0", "198.18.0.3:80", "[::1]:443", "[2001:db8::7]:65535"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(SocketAddress, RefusesWhatIsNoAddressAndQuotesIt) {
  for (const auto* text : {"", "198.18.0.3", "198.18.0.3:", "198.18.0.3:x", "198.18.0.3:65536",
                           "198.18.0.300:80", "host:80", "198.18.0.3:-1", "198.18.0.3: 80"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), Code::invalid);
    EXPECT_NE(address.error().what().find('"'), std::string::npos);
  }
}

TEST(IpAddress, FourAndSixAreDifferentAddressesEvenWhenMapped) {
  EXPECT_NE(IpAddress::parse("1.2.3.4").value(), IpAddress::parse("::ffff:1.2.3.4").value());
}

TEST(IpAddress, KnowsLoopback) {
  EXPECT_TRUE(IpAddress::parse("127.0.0.6")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("198.18.0.1")->is_loopback());
}

TEST(IpAddress, ValueOfFourIsInHostOrder) {
  EXPECT_EQ(IpAddress::parse("198.18.0.1")->v4_value(), 0xc6120001U);
  EXPECT_EQ(IpAddress::v4(0xc6120001U).to_string(), "198.18.0.1");
}

}  // namespace
}  // namespace mortise
