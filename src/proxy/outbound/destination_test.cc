#include "proxy/outbound/destination.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

TEST(LegTarget, HasEqualKeysForEqualTargetsOnly) {  // invariant 3
  LegTarget target;
  target.address = SocketAddress::parse("198.18.0.3:80").value();
  target.mutual_tls = true;
  target.server_name = "outbound_.80_._.a.full.svc.cluster.local";
  target.alpn = {"istio"};
  target.accepted_identities = {"spiffe://cluster.local/ns/full/sa/a"};
  const auto differs = [&](auto change) {
    LegTarget other = target;
    change(other);
    return other.key() != target.key();
  };
  EXPECT_FALSE(differs([](LegTarget&) {}));
  EXPECT_TRUE(differs([](LegTarget& other) { other.address.port = 81; }));
  EXPECT_TRUE(differs([](LegTarget& other) { other.mutual_tls = false; }));
  EXPECT_TRUE(differs([](LegTarget& other) { other.server_name += 'x'; }));
  EXPECT_TRUE(differs([](LegTarget& other) { other.alpn.push_back("http/1.1"); }));
  EXPECT_TRUE(differs([](LegTarget& other) { other.accepted_identities.clear(); }));
  EXPECT_TRUE(differs([](LegTarget& other) { other.accepted_identities.push_back("b"); }));
  EXPECT_TRUE(differs([](LegTarget& other) {  // the same text, cut elsewhere
    other.alpn = {};
    other.accepted_identities.insert(other.accepted_identities.begin(), "istio");
  }));
}

}  // namespace
}  // namespace mortise::proxy
