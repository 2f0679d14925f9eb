#include "pki/csr.h"

#include <openssl/core_names.h>

#include <algorithm>

#include "pki/extensions.h"
#include "pki/openssl.h"
#include "pki/request.h"

namespace mortise::pki {
namespace {

// Ours are under 400 bytes.
constexpr std::size_t kMaxRequest = 8 * 1024;

struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * list) const {
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
};

Result<> add_requested_uri(X509_REQ* request, const std::string& uri) {
  TRY(const auto names, uri_names(uri));
  STACK_OF(X509_EXTENSION)* list = nullptr;
  const int added =
      X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 1, X509V3_ADD_DEFAULT);
  const std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions> extensions(list);
  if (added != 1 || X509_REQ_add_extensions(request, list) != 1) {
    return fail_openssl(Code::unavailable, "name the identity in the request");
  }
  return {};
}

}  // namespace

Result<std::string> make_csr(const PrivateKey& key, const SpiffeId& id) {
  const X509ReqPtr request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1) {
    return fail_openssl(Code::unavailable, "make signing request");
  }
  CHECK_OK(add_requested_uri(request.get(), id.uri()));
  if (X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return fail_openssl(Code::unavailable, "sign the request");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return fail_openssl(Code::unavailable, "encode signing request");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

Result<PkeyPtr> requested_key(std::string_view csr_der) {
  if (csr_der.size() > kMaxRequest) {
    return fail(Code::exhausted, "signing request of " + std::to_string(csr_der.size()) + " bytes");
  }
  const auto* at = reinterpret_cast<const unsigned char*>(csr_der.data());
  const auto* const end = at + csr_der.size();
  const X509ReqPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(csr_der.size())));
  if (!request) return fail_openssl(Code::invalid, "decode signing request");
  if (at != end) return fail(Code::invalid, "decode signing request: bytes after its end");

  PkeyPtr key(X509_REQ_get_pubkey(request.get()));
  if (!key) return fail_openssl(Code::invalid, "decode the request's key");
  // Before the signature is verified: other kinds may cost a thousand times as much.
  if (!is_p256(key.get())) return fail(Code::invalid, "the request's key is not ECDSA P-256");
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return fail_openssl(Code::denied, "the request is not signed with the key that it names");
  }
  // A key that came compressed is certified in the form that every TLS stack reads.
  if (EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    return fail_openssl(Code::invalid, "the request's key");
  }
  return key;
}

WallTime renewal_time(const Certificate& leaf, double jitter) {
  using Seconds = std::chrono::duration<double>;
  const auto lifetime = std::max(Duration::zero(), leaf.not_after() - leaf.not_before());
  const double grace = 0.5 + 0.01 * std::clamp(jitter, -1.0, 1.0);  // semantics I-24
  return leaf.not_after() - std::chrono::duration_cast<Duration>(Seconds(lifetime) * grace);
}

}  // namespace mortise::pki
