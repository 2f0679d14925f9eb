#include "proxy/handling.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

TEST(Handling, FollowsTheDeclaredProtocol) {
  EXPECT_EQ(handling_of(model::Protocol::http), Handling::http);
  EXPECT_EQ(handling_of(model::Protocol::http2), Handling::http2);
  EXPECT_EQ(handling_of(model::Protocol::grpc), Handling::http2);
  EXPECT_EQ(handling_of(model::Protocol::automatic), Handling::guess);
  EXPECT_EQ(handling_of(model::Protocol::tcp), Handling::tcp);
  EXPECT_EQ(handling_of(model::Protocol::tls), Handling::tcp);
}

}  // namespace
}  // namespace mortise::proxy
