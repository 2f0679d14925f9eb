#include "pki/key.h"

#include <openssl/pem.h>

#include "pki/testing.h"

namespace mortise::pki {
namespace {

using testing::test_key;

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher, const char* password) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, password,
                                          password == nullptr ? 0 : 6, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(PrivateKey, SurvivesItsFile) {
  const auto key = test_key();
  const auto pem = key->to_pem();
  ASSERT_TRUE(pem) << pem.error().what();
  EXPECT_TRUE(pem->starts_with("-----BEGIN PRIVATE KEY-----\n")) << "PKCS#8";
  const auto read = PrivateKey::from_pem(*pem);
  ASSERT_TRUE(read) << read.error().what();
  EXPECT_EQ(EVP_PKEY_eq(key->get(), (*read)->get()), 1);
}

TEST(PrivateKey, IsNewEachTime) { EXPECT_NE(EVP_PKEY_eq(test_key()->get(), test_key()->get()), 1); }

TEST(PrivateKey, IsNotReadFromOtherCurvesOrKinds) {
  const PkeyPtr p384(EVP_EC_gen("P-384"));
  const PkeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  for (auto* key : {p384.get(), ed25519.get()}) {
    const auto read = PrivateKey::from_pem(pem_of(key, nullptr, nullptr));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().what(), "private key is not ECDSA P-256");
  }
}

// A prompt would hang the control plane.
TEST(PrivateKey, WithAPasswordIsRefusedWithoutAskingForIt) {
  const auto key = test_key();
  const auto read = PrivateKey::from_pem(pem_of(key->get(), EVP_aes_256_cbc(), "secret"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::invalid);
}

TEST(PrivateKey, CutAnywhereIsRefused) {
  const auto pem = test_key()->to_pem();
  ASSERT_TRUE(pem);
  for (std::size_t size = 0; size + 2 < pem->size(); ++size) {
    EXPECT_FALSE(PrivateKey::from_pem(pem->substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace mortise::pki
