#include "pki/certificate.h"

#include <openssl/err.h>

#include "pki/extensions.h"
#include "pki/testing.h"

namespace mortise::pki {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using testing::kNow;
using testing::test_key;
using testing::test_root;

// A certificate as a stranger could make it: these URIs, this end.
std::string foreign_der(const std::vector<std::string>& uris, const char* not_after) {
  const auto key = test_key();
  const X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 0x0abc);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20260101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), not_after);
  X509_set_pubkey(certificate.get(), key->get());
  for (const auto& uri : uris) {
    const auto names = uri_names(uri);
    X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names->get(), 1, X509V3_ADD_APPEND);
  }
  EXPECT_GT(X509_sign(certificate.get(), key->get(), EVP_sha256()), 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

TEST(Certificate, SurvivesItsPemForm) {
  const auto root = test_root().certificate;
  const auto read = Certificate::from_pem(root.to_pem());
  ASSERT_TRUE(read) << read.error().what();
  EXPECT_EQ(read->der(), root.der());
  EXPECT_EQ(read->serial(), root.serial());
  EXPECT_EQ(read->sha256(), root.sha256());
  EXPECT_EQ(read->not_after(), root.not_after());
  EXPECT_EQ(ERR_peek_error(), 0U) << "the next TLS call would report it";
}

TEST(Certificate, PrintsWhatOpensslPrints) {
  const auto certificate =
      Certificate::from_der(foreign_der({"spiffe://a/ns/b/sa/c"}, "270101000000Z"));
  ASSERT_TRUE(certificate) << certificate.error().what();
  EXPECT_EQ(certificate->uris(), std::vector{"spiffe://a/ns/b/sa/c"s});
  EXPECT_EQ(certificate->serial(), "0abc");
  EXPECT_EQ(certificate->not_before(), WallTime(std::chrono::sys_days{2026y / 1 / 1}));
  EXPECT_EQ(certificate->not_after(), WallTime(std::chrono::sys_days{2027y / 1 / 1}));
  EXPECT_EQ(certificate->sha256().size(), 64U);
}

TEST(Certificate, ThatNeverEndsSaturatesInsteadOfOverflowing) {
  const auto certificate = Certificate::from_der(foreign_der({}, "99991231235959Z"));
  ASSERT_TRUE(certificate) << certificate.error().what();
  EXPECT_GT(certificate->not_after(), kNow + 24h * 365 * 200);
  EXPECT_TRUE(certificate->uris().empty());
}

TEST(Certificate, CutAnywhereOrFollowedByAByteIsRefused) {
  const auto der = test_root().certificate.der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(Certificate::from_der(der.substr(0, size))) << size;
  }
  EXPECT_FALSE(Certificate::from_der(der + '\0'));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(Certificate, WithAHiddenEndInItsNameIsRefused) {
  for (const auto& uri : {"spiffe://a/ns/b/sa/c\0.evil"s, "spiffe://a/ns/b/sa/c\n"s, "\x80"s}) {
    EXPECT_FALSE(Certificate::from_der(foreign_der({uri}, "270101000000Z"))) << uri;
  }
}

TEST(Certificate, WithTwoListsOfNamesIsRefused) {
  const auto certificate = Certificate::from_der(
      foreign_der({"spiffe://a/ns/b/sa/c", "spiffe://a/ns/b/sa/d"}, "270101000000Z"));
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().code(), Code::invalid);
}

TEST(Certificate, TooLargeIsRefusedBeforeItIsDecoded) {
  const auto certificate = Certificate::from_der(std::string(16 * 1024 + 1, '\x30'));
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().code(), Code::exhausted);
}

TEST(Certificate, FileHoldsExactlyOne) {
  const auto pem = test_root().certificate.to_pem();
  EXPECT_FALSE(Certificate::from_pem(pem + pem));
  EXPECT_FALSE(Certificate::from_pem(""));
  EXPECT_FALSE(Certificate::from_pem("hello"));
  const auto key = test_key()->to_pem();
  EXPECT_FALSE(Certificate::from_pem(*key)) << "a key is no certificate";
}

}  // namespace
}  // namespace mortise::pki
