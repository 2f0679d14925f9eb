#include "demo/server.h"

#include <gtest/gtest.h>

namespace mortise::demo {
namespace {

TEST(DemoOptions, ListenEverywhereOnPort80UnlessToldOtherwise) {
  const auto plain = parse_options({"httpbin"});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->listen.to_string(), "0.0.0.0:80");
  const auto told = parse_options({"httpbin", "--port", "8080", "--host", "127.0.0.1"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->listen.to_string(), "127.0.0.1:8080");
}

TEST(DemoOptions, RefuseWhatTheyDoNotKnow) {
  EXPECT_FALSE(parse_options({}));
  EXPECT_FALSE(parse_options({"nginx"}));
  EXPECT_FALSE(parse_options({"httpbin", "--port"}));
  EXPECT_FALSE(parse_options({"httpbin", "--port", "99999"}));
  EXPECT_FALSE(parse_options({"httpbin", "--port", "80x"}));
  EXPECT_FALSE(parse_options({"httpbin", "--host", "here"}));
  EXPECT_FALSE(parse_options({"httpbin", "--verbose", "1"}));
}

}  // namespace
}  // namespace mortise::demo
