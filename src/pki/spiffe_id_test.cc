#include "pki/spiffe_id.h"

#include <gtest/gtest.h>

namespace mortise::pki {
namespace {

// semantics I-1
TEST(SpiffeId, ReadsBackWhatItPrints) {
  const SpiffeId id{"cluster.local", "backyards-demo", "bookings"};
  EXPECT_EQ(id.uri(), "spiffe://cluster.local/ns/backyards-demo/sa/bookings");
  const auto parsed = SpiffeId::parse(id.uri());
  ASSERT_TRUE(parsed) << parsed.error().what();
  EXPECT_EQ(*parsed, id);
}

// semantics I-1, I-2
TEST(SpiffeId, RefusesEverythingButFivePartsWithLiteralNsAndSa) {
  for (const auto* text : {
           "",
           "spiffe://",
           "spiffe://cluster.local",
           "spiffe://cluster.local/ns/full/sa",
           "spiffe://cluster.local/ns/full/sa/",
           "spiffe://cluster.local/ns//sa/httpbin",
           "spiffe:///ns/full/sa/httpbin",
           "spiffe://cluster.local/ns/full/sa/httpbin/",
           "spiffe://cluster.local/ns/full/sa/httpbin/more",
           "spiffe://cluster.local//ns/full/sa/httpbin",
           "spiffe://cluster.local/sa/full/ns/httpbin",
           "spiffe://cluster.local/NS/full/sa/httpbin",
           "SPIFFE://cluster.local/ns/full/sa/httpbin",
           "https://cluster.local/ns/full/sa/httpbin",
           " spiffe://cluster.local/ns/full/sa/httpbin",
       }) {
    EXPECT_FALSE(SpiffeId::parse(text)) << text;
  }
}

TEST(SpiffeId, RefusesNamesThatTwoReadersCouldReadDifferently) {
  using namespace std::string_literals;
  for (const auto& text : {
           "spiffe://Cluster.local/ns/full/sa/httpbin"s,
           "spiffe://user@cluster.local/ns/full/sa/httpbin"s,
           "spiffe://cluster.local:443/ns/full/sa/httpbin"s,
           "spiffe://cluster.local/ns/../sa/httpbin"s,
           "spiffe://cluster.local/ns/full/sa/."s,
           "spiffe://cluster.local/ns/full/sa/http%62in"s,
           "spiffe://cluster.local/ns/full/sa/httpbin?x=1"s,
           "spiffe://cluster.local/ns/full/sa/httpbin#x"s,
           "spiffe://cluster.local/ns/full/sa/httpbin\0x"s,
           "spiffe://cluster.local/ns/fu,URI:ll/sa/httpbin"s,
           "spiffe://cluster.local/ns/full/sa/" + std::string(2048, 'a'),
           "spiffe://" + std::string(256, 'a') + "/ns/full/sa/httpbin",
       }) {
    EXPECT_FALSE(SpiffeId::parse(text)) << text;
  }
}

// semantics I-2
TEST(SpiffeId, WritesAnAtSignInATrustDomainAsADot) {
  EXPECT_EQ(canonical_trust_domain("team@example.org"), "team.example.org");
  EXPECT_EQ(canonical_trust_domain("cluster.local"), "cluster.local");
}

}  // namespace
}  // namespace mortise::pki
