#include "model/names.h"

#include <gtest/gtest.h>

#include <string>

namespace mortise::model {
namespace {

TEST(DnsLabel, HasLowerCaseLettersDigitsAndInnerDashesOnly) {
  for (const char* good : {"a", "1", "httpbin", "a-b", "0a"}) EXPECT_TRUE(is_dns_label(good));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "a/b", "..", "a b", "é"}) {
    EXPECT_FALSE(is_dns_label(bad)) << bad;
  }
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(DnsLabel, OfAServiceBeginsWithALetter) {
  EXPECT_TRUE(is_dns_1035_label("a1"));
  EXPECT_FALSE(is_dns_1035_label("1a"));
}

TEST(DnsSubdomain, IsLabelsJoinedByDots) {
  EXPECT_TRUE(is_dns_subdomain("a"));
  EXPECT_TRUE(is_dns_subdomain("a.b-c.d"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a/b", "../x"}) {
    EXPECT_FALSE(is_dns_subdomain(bad)) << bad;
  }
}

TEST(WildcardDomain, HasItsStarAtTheFrontOnly) {  // D-22
  for (const char* good : {"*", "*.local", "*.prod.svc.cluster.local", "reviews"}) {
    EXPECT_TRUE(is_wildcard_domain(good)) << good;
  }
  for (const char* bad : {"", "a.*", "*a", "*.", "a*.b", "**"}) {
    EXPECT_FALSE(is_wildcard_domain(bad)) << bad;
  }
}

TEST(LabelKey, MayHaveADomainBeforeItsSlash) {
  for (const char* good : {"app", "app.kubernetes.io/name", "istio-injection", "A_b"}) {
    EXPECT_TRUE(is_label_key(good)) << good;
  }
  for (const char* bad : {"", "/a", "a/", "a/b/c", "-a", "a b", "X/a"}) {
    EXPECT_FALSE(is_label_key(bad)) << bad;
  }
}

TEST(LabelValue, MayBeEmptyAndIsShort) {
  for (const char* good : {"", "v1", "A.b_c-d"}) EXPECT_TRUE(is_label_value(good)) << good;
  for (const char* bad : {"-a", "a-", "a b", "a/b", "*"}) EXPECT_FALSE(is_label_value(bad)) << bad;
  EXPECT_FALSE(is_label_value(std::string(64, 'a')));
}

TEST(PortName, IsShortAndHasALetter) {
  for (const char* good : {"http", "http-web", "a1", "abcdefghijklmno"}) {
    EXPECT_TRUE(is_port_name(good)) << good;
  }
  for (const char* bad : {"", "80", "http--web", "abcdefghijklmnop", "Http", "a_b"}) {
    EXPECT_FALSE(is_port_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace mortise::model
