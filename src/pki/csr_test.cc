#include "pki/csr.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "pki/testing.h"

namespace mortise::pki {
namespace {

using namespace std::chrono_literals;
using testing::kNow;
using testing::request_of;
using testing::test_key;
using testing::test_root;

const SpiffeId kHttpbin{"cluster.local", "full", "httpbin"};
const SpiffeId kSleep{"cluster.local", "legacy", "sleep"};

Result<Certificate> sign(Signer& signer, std::string csr, const SpiffeId& identity = kHttpbin) {
  return signer.sign({.csr_der = std::move(csr),
                      .identity = identity,
                      .not_before = kNow - 2min,
                      .not_after = kNow + 24h});
}

Result<Certificate> leaf_for(Signer& signer, const SpiffeId& asked, const SpiffeId& caller) {
  const auto key = test_key();
  TRY(auto csr, make_csr(*key, asked));
  return sign(signer, std::move(csr), caller);
}

// OpenSSL's verdict as a TLS peer would reach it; X509_V_OK if the chain holds.
int verdict(const Certificate& leaf, const Certificate& root, X509_PURPOSE* purpose,
            WallTime at = kNow) {
  const auto decoded_leaf = decode_x509(leaf.der());
  const auto decoded_root = decode_x509(root.der());
  const std::unique_ptr<X509_STORE, Free<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_add_cert(store.get(), decoded_root->get());
  X509_STORE_CTX_init(context.get(), store.get(), decoded_leaf->get(), nullptr);
  auto* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(
                                        std::chrono::floor<std::chrono::microseconds>(at)));
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_get_id(purpose));
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

X509_PURPOSE* purpose(const char* name) {
  return X509_PURPOSE_get0(X509_PURPOSE_get_by_sname(name));
}

bool is_critical(const X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1;
}

// semantics I-22: the heart of the CA
TEST(Signer, GivesTheCallersIdentityWhateverTheRequestAsksFor) {
  const auto signer = make_signer(test_root());
  const auto leaf = leaf_for(*signer, kSleep, kHttpbin);
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_EQ(leaf->uris(), std::vector{kHttpbin.uri()});
}

// semantics I-4
TEST(Signer, MakesLeavesWithOneCriticalUriAndNoSubject) {
  const auto signer = make_signer(test_root());
  const auto leaf = leaf_for(*signer, kHttpbin, kHttpbin);
  ASSERT_TRUE(leaf) << leaf.error().what();
  const auto decoded = decode_x509(leaf->der());
  X509* const certificate = decoded->get();
  EXPECT_EQ(X509_get_version(certificate), X509_VERSION_3);
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(certificate)), 0);
  EXPECT_TRUE(is_critical(certificate, NID_subject_alt_name));
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_TRUE(is_critical(certificate, NID_key_usage));
  EXPECT_EQ(X509_get_extended_key_usage(certificate),
            static_cast<std::uint32_t>(XKU_SSL_SERVER | XKU_SSL_CLIENT));
  EXPECT_EQ(X509_check_ca(certificate), 0);
  EXPECT_TRUE(is_critical(certificate, NID_basic_constraints));
  EXPECT_NE(X509_get0_authority_key_id(certificate), nullptr);
  EXPECT_EQ(leaf->not_before(), kNow - 2min);
  EXPECT_EQ(leaf->not_after(), kNow + 24h);
}

TEST(Signer, MakesLeavesThatVerifyOnBothSidesOfAHandshake) {
  const auto signer = make_signer(test_root());
  const auto leaf = leaf_for(*signer, kHttpbin, kHttpbin);
  ASSERT_TRUE(leaf) << leaf.error().what();
  const auto& root = signer->issuer();
  EXPECT_EQ(verdict(*leaf, root, purpose("sslserver")), X509_V_OK);
  EXPECT_EQ(verdict(*leaf, root, purpose("sslclient")), X509_V_OK);
  EXPECT_EQ(verdict(*leaf, root, purpose("sslserver"), kNow + 25h), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(verdict(*leaf, root, purpose("sslserver"), kNow - 3min), X509_V_ERR_CERT_NOT_YET_VALID);
}

// During a rotation two roots of the same name are trusted (I-28).
TEST(Signer, MakesLeavesThatNoOtherRootOfTheSameNameVerifies) {
  const auto signer = make_signer(test_root());
  const auto leaf = leaf_for(*signer, kHttpbin, kHttpbin);
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_NE(verdict(*leaf, test_root().certificate, purpose("sslserver")), X509_V_OK);
}

TEST(Signer, DrawsAPositiveSerialOf128BitsForEachCertificate) {
  const auto signer = make_signer(test_root());
  const auto first = leaf_for(*signer, kHttpbin, kHttpbin);
  const auto second = leaf_for(*signer, kHttpbin, kHttpbin);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->serial().size(), 32U);
  EXPECT_EQ(second->serial().size(), 32U);
  EXPECT_NE(first->serial(), second->serial());
}

// semantics I-23
TEST(Signer, NeverOutlivesItsIssuer) {
  auto root = make_root("cluster.local", kNow - 1h, kNow + 1h);
  ASSERT_TRUE(root);
  const auto signer = make_signer(*std::move(root));
  const auto leaf = leaf_for(*signer, kHttpbin, kHttpbin);
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_EQ(leaf->not_after(), kNow + 1h);
}

TEST(Signer, RefusesToSignAfterItsIssuersEnd) {
  auto root = make_root("cluster.local", kNow - 2h, kNow - 1h);
  ASSERT_TRUE(root);
  const auto signer = make_signer(*std::move(root));
  EXPECT_FALSE(leaf_for(*signer, kHttpbin, kHttpbin));
}

TEST(Signer, RefusesACallerThatIsNoIdentity) {
  const auto signer = make_signer(test_root());
  for (const auto& caller : {SpiffeId{"cluster.local", "", "httpbin"}, SpiffeId{},
                             SpiffeId{"cluster.local", "full/sa/admin", "httpbin"}}) {
    EXPECT_FALSE(leaf_for(*signer, kHttpbin, caller)) << caller.uri();
  }
}

TEST(Signer, DemandsProofThatTheCallerHoldsTheKey) {
  const auto signer = make_signer(test_root());
  const auto stolen = test_key();
  const auto own = test_key();
  const auto leaf = sign(*signer, request_of(stolen->get(), own->get()));
  ASSERT_FALSE(leaf);
  EXPECT_EQ(leaf.error().code(), Code::denied);
}

TEST(Signer, CertifiesNoKeysButP256) {
  const auto signer = make_signer(test_root());
  const PkeyPtr p384(EVP_EC_gen("P-384"));
  const PkeyPtr rsa(EVP_RSA_gen(2048));
  for (auto* key : {p384.get(), rsa.get()}) {
    const auto leaf = sign(*signer, request_of(key, key));
    ASSERT_FALSE(leaf);
    EXPECT_EQ(leaf.error().what(), "the request's key is not ECDSA P-256");
  }
}

TEST(Signer, CertifiesNoCurveThatIsSpelledOutInsteadOfNamed) {
  const auto signer = make_signer(test_root());
  const PkeyPtr key(EVP_EC_gen("P-256"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
  EXPECT_FALSE(sign(*signer, request_of(key.get(), key.get())));
}

TEST(Signer, CertifiesACompressedKeyInItsUncompressedForm) {
  const auto signer = make_signer(test_root());
  const PkeyPtr key(EVP_EC_gen("P-256"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "compressed"),
            1);
  const auto leaf = sign(*signer, request_of(key.get(), key.get()));
  ASSERT_TRUE(leaf) << leaf.error().what();
  const auto decoded = decode_x509(leaf->der());
  EXPECT_EQ(ASN1_STRING_length(X509_get0_pubkey_bitstr(decoded->get())), 65);
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(decoded->get()), key.get()), 1);
}

TEST(Signer, RefusesRequestsCutAnywhereOrChangedAnywhere) {
  const auto signer = make_signer(test_root());
  const auto csr = make_csr(*test_key(), kHttpbin);
  ASSERT_TRUE(csr) << csr.error().what();
  ASSERT_TRUE(sign(*signer, *csr));
  for (std::size_t at = 0; at < csr->size(); ++at) {
    EXPECT_FALSE(sign(*signer, csr->substr(0, at))) << at;
    auto changed = *csr;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(sign(*signer, changed)) << at;
  }
  EXPECT_FALSE(sign(*signer, *csr + '\0'));
}

TEST(Signer, RefusesALargeRequestBeforeDecodingIt) {
  const auto signer = make_signer(test_root());
  const auto leaf = sign(*signer, std::string(8 * 1024 + 1, '\x30'));
  ASSERT_FALSE(leaf);
  EXPECT_EQ(leaf.error().code(), Code::exhausted);
}

TEST(Signer, RefusesToWorkWithAKeyThatIsNotItsRoots) {
  auto root = test_root();
  root.key = test_key();
  const auto signer = make_signer(std::move(root));
  EXPECT_FALSE(leaf_for(*signer, kHttpbin, kHttpbin));
}

TEST(Root, IsAnAuthorityThatSignsCertificatesAndNamesItsTrustDomain) {
  const auto root = test_root("example.org");
  const auto decoded = decode_x509(root.certificate.der());
  EXPECT_EQ(X509_check_ca(decoded->get()), 1);
  EXPECT_EQ(X509_get_key_usage(decoded->get()),
            static_cast<std::uint32_t>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  EXPECT_NE(X509_get0_subject_key_id(decoded->get()), nullptr);
  EXPECT_EQ(root.certificate.uris(), std::vector<std::string>{"spiffe://example.org"});
}

TEST(Root, TakesTrustDomainsOfEveryLegalLengthAndNoOthers) {
  EXPECT_TRUE(make_root(std::string(255, 'a'), kNow, kNow + 1h));
  EXPECT_FALSE(make_root(std::string(256, 'a'), kNow, kNow + 1h));
  EXPECT_FALSE(make_root("", kNow, kNow + 1h));
  EXPECT_FALSE(make_root("a/ns/b", kNow, kNow + 1h));
}

// semantics I-24
TEST(RenewalTime, IsHalfLifeSpreadByOnePercent) {
  const auto signer = make_signer(test_root());
  const auto csr = make_csr(*test_key(), kHttpbin);
  const auto leaf = signer->sign(
      {.csr_der = *csr, .identity = kHttpbin, .not_before = kNow, .not_after = kNow + 100h});
  ASSERT_TRUE(leaf) << leaf.error().what();
  EXPECT_EQ(renewal_time(*leaf, 0), kNow + 50h);
  EXPECT_NEAR(std::chrono::duration<double>(renewal_time(*leaf, 1) - (kNow + 49h)).count(), 0, 1);
  EXPECT_NEAR(std::chrono::duration<double>(renewal_time(*leaf, -1) - (kNow + 51h)).count(), 0, 1);
}

}  // namespace
}  // namespace mortise::pki
