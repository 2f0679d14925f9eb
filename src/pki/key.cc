#include "pki/key.h"

#include <openssl/pem.h>

#include "pki/openssl.h"

namespace mortise::pki {
namespace {

constexpr std::size_t kMaxPem = 16 * 1024;

// Without it OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

PrivateKey::PrivateKey(evp_pkey_st* owned) : key_(owned) {}
PrivateKey::~PrivateKey() { EVP_PKEY_free(key_); }

Result<std::shared_ptr<const PrivateKey>> PrivateKey::generate() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail_openssl(Code::unavailable, "generate a P-256 key");
  return std::make_shared<const PrivateKey>(key.release());
}

Result<std::shared_ptr<const PrivateKey>> PrivateKey::from_pem(const std::string& pem) {
  if (pem.size() > kMaxPem) return fail(Code::exhausted, "private key file is too large");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail_openssl(Code::unavailable, "read private key");
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return fail_openssl(Code::invalid, "read private key");
  if (!is_p256(key.get())) return fail(Code::invalid, "private key is not ECDSA P-256");

  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1) {
    return fail_openssl(Code::invalid, "private key does not fit its public key");
  }
  return std::make_shared<const PrivateKey>(key.release());
}

Result<std::string> PrivateKey::to_pem() const {
  // Memory that is wiped when it is freed.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return fail_openssl(Code::unavailable, "write private key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace mortise::pki
