// io/tls_context.h — the OpenSSL objects behind TlsContext. Private to io/tls*.
#pragma once

#include <openssl/ssl.h>

#include "io/tls.h"

namespace mortise::io {

class OpenSslContext final : public TlsContext {
 public:
  static Result<std::shared_ptr<const OpenSslContext>> make(const pki::Credentials& credentials);
  ~OpenSslContext() override { SSL_CTX_free(context_); }

  [[nodiscard]] SSL_CTX* get() const { return context_; }
  [[nodiscard]] const std::string& own_identity() const { return own_identity_; }

 private:
  OpenSslContext(SSL_CTX* owned, std::string own_identity)
      : context_(owned), own_identity_(std::move(own_identity)) {}

  SSL_CTX* context_;
  std::string own_identity_;
};

// "STEP: certificate has expired"; empties OpenSSL's error queue of this thread.
std::unexpected<Error> fail_tls(std::string_view step);

}  // namespace mortise::io
