#include "proxy/outbound/balance.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

std::vector<Endpoint> endpoints(std::uint16_t count) {
  std::vector<Endpoint> made(count);
  for (std::uint16_t at = 0; at < count; ++at) made[at].address = {IpAddress::v4(1), at};
  return made;
}

TEST(Balancer, HasNoAnswerWithoutEndpoints) {
  Random random(1);
  EXPECT_EQ(Balancer(random).choose({}, {}), nullptr);
}

TEST(Balancer, SpreadsEvenlyWhileNothingIsUnderWay) {
  Random random(1);
  Balancer balancer(random);
  const auto three = endpoints(3);
  std::array<int, 3> chosen{};
  for (int round = 0; round < 3000; ++round) ++chosen[balancer.choose(three, {})->address.port];
  for (const int count : chosen) EXPECT_NEAR(count, 1000, 150);
}

TEST(Balancer, PrefersTheOneWithFewerRequests) {
  Random random(1);
  Balancer balancer(random);
  const auto two = endpoints(2);
  const auto busy = balancer.begin(two[0]);
  for (int round = 0; round < 100; ++round) EXPECT_EQ(balancer.choose(two, {}), &two[1]);
}

TEST(Balancer, CountsARequestForAsLongAsItIsHeld) {
  Random random(1);
  Balancer balancer(random);
  const auto two = endpoints(2);
  {
    const auto over = balancer.begin(two[0]);
  }
  bool again = false;
  for (int round = 0; round < 100; ++round) again |= balancer.choose(two, {}) == &two[0];
  EXPECT_TRUE(again);
}

TEST(Balancer, TriesAnEndpointAgainOnlyWhenAllWereTried) {  // semantics X-14
  Random random(1);
  Balancer balancer(random);
  const auto two = endpoints(2);
  const std::vector<const Endpoint*> one_tried = {&two[0]};
  for (int round = 0; round < 100; ++round) EXPECT_EQ(balancer.choose(two, one_tried), &two[1]);
  const std::vector<const Endpoint*> both_tried = {&two[0], &two[1]};
  EXPECT_NE(balancer.choose(two, both_tried), nullptr);
}

}  // namespace
}  // namespace mortise::proxy
