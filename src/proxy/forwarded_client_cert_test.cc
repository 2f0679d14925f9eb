#include "proxy/forwarded_client_cert.h"

#include <gtest/gtest.h>

namespace mortise::proxy {
namespace {

TEST(ForwardedClientCert, NamesServerHashSubjectAndUriInThatOrder) {  // semantics X-2, X-3
  io::TlsFacts tls;
  tls.own_identity = "spiffe://cluster.local/ns/full/sa/httpbin";
  tls.peer_identity = "spiffe://cluster.local/ns/full/sa/sleep";
  tls.peer_certificate_sha256 = std::string(64, 'a');
  EXPECT_EQ(forwarded_client_cert(tls),
            "By=spiffe://cluster.local/ns/full/sa/httpbin;Hash=" + std::string(64, 'a') +
                ";Subject=\"\";URI=spiffe://cluster.local/ns/full/sa/sleep");
}

TEST(ForwardedClientCert, QuotesAValueThatHoldsASeparator) {  // semantics X-1
  io::TlsFacts tls;
  tls.own_identity = "spiffe://a/ns/x/sa/y";
  tls.peer_identity = "spiffe://a/ns/x/sa/y;URI=spiffe://a/ns/x/sa/\"admin\"";
  EXPECT_TRUE(forwarded_client_cert(tls).ends_with(
      R"(;URI="spiffe://a/ns/x/sa/y;URI=spiffe://a/ns/x/sa/\"admin\"")"));
}

TEST(ForwardedClientCert, IsEmptyWithoutAVerifiedPeer) {
  io::TlsFacts tls;
  tls.own_identity = "spiffe://a/ns/x/sa/y";
  EXPECT_EQ(forwarded_client_cert(tls), "");
}

TEST(ForwardedClientCert, IsRecognisedInEverySpellingAnApplicationWouldRead) {
  EXPECT_TRUE(is_forwarded_client_cert("X-Forwarded-Client-Cert"));
  EXPECT_TRUE(is_forwarded_client_cert("x_forwarded_client_CERT"));
  EXPECT_FALSE(is_forwarded_client_cert("X-Forwarded-Client-Certs"));
  EXPECT_FALSE(is_forwarded_client_cert("X-Forwarded-For"));
}

}  // namespace
}  // namespace mortise::proxy
