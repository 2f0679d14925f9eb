// io/tls.h — mutual TLS as a Stream. With pki/, the only user of OpenSSL. One record and one
// system call per message: the custom BIO works on the connection's own buffers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/stream.h"
#include "pki/credentials.h"

namespace mortise::io {

// Everything a worker needs to speak as one identity: built once per certificate and bundle, per
// worker, never per connection. Sessions made under it die with it (invariant 3).
class TlsContext {
 public:
  // TLS 1.2 to 1.3 (I-31), X25519 first, client certificate required on the server side.
  static Result<std::shared_ptr<const TlsContext>> make(const pki::Credentials& credentials);
  virtual ~TlsContext() = default;
};

struct TlsClientOptions {
  std::string server_name;                       // SNI, semantics I-30
  std::vector<std::string> alpn;                 // in order of preference
  std::vector<std::string> accepted_identities;  // SPIFFE ids; empty refuses everybody (K-22)
};

// The handshakes. Both take the stream, and destroy it when they fail. Callers give the deadline.
Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::unique_ptr<Stream> stream,
                                                  std::shared_ptr<const TlsContext> context,
                                                  TlsClientOptions options);

struct TlsServerOptions {
  std::vector<std::string> alpn;  // what the server selects from, in its order of preference
  std::vector<std::string> accepted_trust_domains;  // K-8; the peer's SPIFFE id must be in one
  std::string already_read;  // ciphertext that was read while looking at the ClientHello
};
Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::unique_ptr<Stream> stream,
                                                 std::shared_ptr<const TlsContext> context,
                                                 TlsServerOptions options);

}  // namespace mortise::io
