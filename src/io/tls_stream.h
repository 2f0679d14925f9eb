// io/tls_stream.h — a TLS connection as a Stream over another Stream. Private to io/tls*.
#pragma once

#include <openssl/ssl.h>

#include "io/tls_bio.h"
#include "io/tls_context.h"

namespace mortise::io {

class TlsStream final : public Stream {
 public:
  TlsStream(Loop& loop, std::unique_ptr<Stream> under,
            std::shared_ptr<const OpenSslContext> context);
  ~TlsStream() override;

  // Whom the other end may be. Set before the handshake; checked inside it.
  struct PeerRule {
    std::vector<std::string> identities;     // any of these ids ...
    std::vector<std::string> trust_domains;  // ... or any id of one of these domains
    std::string refusal;                     // why the last peer was refused
  };
  // `offer` for a client, what it selects from for a server; both in order of preference.
  Result<void> as_client(TlsClientOptions options);
  Result<void> as_server(TlsServerOptions options);
  Task<Result<void>> handshake();

  Result<Progress> try_read(std::span<char> into) override;
  Result<Progress> try_write(std::span<const char> from) override;
  Gate::Wait readable() override { return under_->readable(); }
  Gate::Wait writable() override { return under_->writable(); }
  void finish_writing() override;
  void abort() override { under_->abort(); }
  [[nodiscard]] const TlsFacts* tls() const override { return &facts_; }

 private:
  Result<Progress::Kind> fill();  // ciphertext from below
  Result<bool> flush();           // ciphertext to below; true when nothing is left
  Task<void> finish();
  Result<void> note_facts();
  std::unexpected<Error> fail_handshake();

  Loop& loop_;
  std::unique_ptr<Stream> under_;
  std::shared_ptr<const OpenSslContext> context_;
  SSL* ssl_;
  TlsBuffers buffers_;
  PeerRule rule_;
  std::string alpn_;        // wire format: length-prefixed names
  std::size_t sealed_ = 0;  // plaintext bytes inside to_send that try_write has not answered for
  bool finishing_ = false;
  Task<void> finisher_;  // sends close_notify when the socket was full
  TlsFacts facts_;
};

}  // namespace mortise::io
