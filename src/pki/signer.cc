#include <algorithm>
#include <string>

#include "pki/csr.h"
#include "pki/extensions.h"
#include "pki/openssl.h"
#include "pki/request.h"

namespace mortise::pki {
namespace {

struct Validity {
  WallTime not_before;
  WallTime not_after;
};

Result<> set_validity(X509* certificate, const Validity& validity) {
  if (validity.not_after <= validity.not_before) {
    return fail(Code::invalid, "the certificate would end before it begins");
  }
  const auto seconds = [](WallTime time) {
    return static_cast<std::time_t>(
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
  };
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(validity.not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(validity.not_after)) == nullptr) {
    return fail_openssl(Code::invalid, "set the certificate's lifetime");
  }
  return {};
}

// 128 random bits, the first of them set: an unguessable positive number of constant length.
Result<> set_serial(X509* certificate) {
  const BignumPtr number(BN_new());
  if (!number || BN_rand(number.get(), 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return fail_openssl(Code::unavailable, "draw a serial number");
  }
  return {};
}

// Version 3 with serial, lifetime and key: what a leaf and a root have in common.
Result<X509Ptr> begin_certificate(EVP_PKEY* public_key, const Validity& validity) {
  X509Ptr certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), public_key) != 1) {
    return fail_openssl(Code::unavailable, "begin certificate");
  }
  CHECK_OK(set_serial(certificate.get()));
  CHECK_OK(set_validity(certificate.get(), validity));
  return certificate;
}

Result<Certificate> finish_certificate(X509* certificate, const PrivateKey& key) {
  if (X509_sign(certificate, key.get(), EVP_sha256()) <= 0) {
    return fail_openssl(Code::unavailable, "sign certificate");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return fail_openssl(Code::unavailable, "encode certificate");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return Certificate::from_der(std::move(bytes));
}

// For people: the whole trust domain is in the root's URI.
Result<> set_root_name(X509* root, const std::string& trust_domain) {
  constexpr std::size_t kMaxOrganization = 64;  // RFC 5280 A.1
  X509_NAME* name = X509_get_subject_name(root);
  const auto* text = reinterpret_cast<const unsigned char*>(trust_domain.data());
  const int size = static_cast<int>(std::min(trust_domain.size(), kMaxOrganization));
  if (X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, text, size, -1, 0) != 1 ||
      X509_set_issuer_name(root, name) != 1) {
    return fail_openssl(Code::invalid, "name the root after trust domain '" + trust_domain + "'");
  }
  return {};
}

class RootSigner final : public Signer {
 public:
  explicit RootSigner(Root root) : root_(std::move(root)), issuer_(open_issuer(root_)) {}

  Result<Certificate> sign(const Order& order) override {
    if (!issuer_) return std::unexpected(issuer_.error());
    const auto uri = order.identity.uri();
    CHECK_OK(SpiffeId::parse(uri));
    TRY(const auto key, requested_key(order.csr_der));
    const Validity validity{.not_before = order.not_before,
                            .not_after = std::min(order.not_after, issuer().not_after())};
    TRY(const auto leaf, begin_certificate(key.get(), validity));
    // The subject stays empty, so the alternative name is critical (semantics I-4, RFC 5280
    // 4.2.1.6).
    if (X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer_->get())) != 1) {
      return fail_openssl(Code::unavailable, "name the issuer");
    }
    CHECK_OK(add_leaf_usage(leaf.get()));
    CHECK_OK(add_basic_constraints(leaf.get(), false));
    CHECK_OK(add_authority_key_id(leaf.get(), issuer_->get()));
    CHECK_OK(add_uri(leaf.get(), uri, true));
    return finish_certificate(leaf.get(), *root_.key);
  }

  [[nodiscard]] const Certificate& issuer() const override { return root_.certificate; }

 private:
  static Result<X509Ptr> open_issuer(const Root& root) {
    if (!root.key) return fail(Code::invalid, "the root has no key");
    TRY(auto issuer, decode_x509(root.certificate.der()));
    if (X509_check_ca(issuer.get()) != 1) return fail(Code::invalid, "the root is not a CA");
    if (X509_check_private_key(issuer.get(), root.key->get()) != 1) {
      return fail_openssl(Code::invalid, "the root's certificate and key do not belong together");
    }
    return issuer;
  }

  const Root root_;
  const Result<X509Ptr> issuer_;  // an error is what every sign() answers
};

}  // namespace

Result<Root> make_root(const std::string& trust_domain, WallTime not_before, WallTime not_after) {
  CHECK_OK(SpiffeId::parse(SpiffeId{trust_domain, "any", "any"}.uri()));
  TRY(auto key, PrivateKey::generate());
  TRY(const auto root, begin_certificate(key->get(), {not_before, not_after}));
  CHECK_OK(set_root_name(root.get(), trust_domain));
  CHECK_OK(add_root_usage(root.get()));
  CHECK_OK(add_basic_constraints(root.get(), true));
  CHECK_OK(add_subject_key_id(root.get()));
  CHECK_OK(add_uri(root.get(), "spiffe://" + trust_domain, false));
  TRY(auto certificate, finish_certificate(root.get(), *key));
  return Root{.certificate = std::move(certificate), .key = std::move(key)};
}

std::unique_ptr<Signer> make_signer(Root root) {
  return std::make_unique<RootSigner>(std::move(root));
}

}  // namespace mortise::pki
