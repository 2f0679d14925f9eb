#include "io/tls_context.h"

#include <openssl/err.h>

#include "io/tls_peer.h"
#include "pki/openssl.h"

namespace mortise::io {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, pki::Free<SSL_CTX_free>>;

Result<void> use_identity(SSL_CTX* context, const pki::Credentials& credentials) {
  TRY(const auto leaf, pki::decode_x509(credentials.leaf.der()));
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, credentials.key->get()) != 1) {
    return fail_tls("use the workload certificate");
  }
  for (const auto& intermediate : credentials.intermediates) {
    TRY(const auto decoded, pki::decode_x509(intermediate.der()));
    if (SSL_CTX_add1_chain_cert(context, decoded.get()) != 1) return fail_tls("use the chain");
  }
  return {};
}

Result<void> trust(SSL_CTX* context, const pki::TrustBundle& bundle) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& root : bundle.roots) {
    TRY(const auto decoded, pki::decode_x509(root.der()));
    if (X509_STORE_add_cert(store, decoded.get()) != 1) return fail_tls("trust a root");
  }
  // A leaf needs no chain up to a self-signed root when its issuer itself is in the bundle.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

Result<void> use_parameters(SSL_CTX* context) {
  // semantics I-31, I-32; X25519 first, since its key share needs no point check.
  const bool good =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
      SSL_CTX_set_cipher_list(context,
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "AES256-GCM-SHA384:AES128-GCM-SHA256") == 1;
  if (!good) return fail_tls("set TLS parameters");
  // No resumption yet, so no session can outlive what made it (invariant 3), and never 0-RTT.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  return {};
}

}  // namespace

std::unexpected<Error> fail_tls(std::string_view step) {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
  ERR_clear_error();
  return fail(Code::denied, std::string(step) + ": " + (reason != nullptr ? reason : "TLS failed"));
}

Result<std::shared_ptr<const OpenSslContext>> OpenSslContext::make(
    const pki::Credentials& credentials) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_method()));
  if (!context) return fail_tls("make a TLS context");
  CHECK_OK(use_parameters(context.get()));
  CHECK_OK(use_identity(context.get(), credentials));
  CHECK_OK(trust(context.get(), credentials.trust));
  enable_alpn_choice(context.get());
  auto identity = credentials.leaf.uris().empty() ? std::string() : credentials.leaf.uris().front();
  return std::shared_ptr<const OpenSslContext>(
      new OpenSslContext(context.release(), std::move(identity)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const pki::Credentials& credentials) {
  TRY(auto context, OpenSslContext::make(credentials));
  return std::shared_ptr<const TlsContext>(std::move(context));
}

}  // namespace mortise::io
