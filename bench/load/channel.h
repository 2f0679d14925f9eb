// bench/load/channel.h — one TCP connection, plain or TLS, that never blocks.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mortise::bench {

// Certificate files for TLS 1.3 with X25519 and AES-128-GCM; both sides verify the other.
struct TlsFiles {
  std::string certificate;  // empty: a client without one
  std::string key;
  std::string authority;
  std::vector<std::string> alpn;
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsSettings = std::unique_ptr<SSL_CTX, FreeContext>;

enum class Side { client, server };
std::expected<TlsSettings, std::string> load_tls(const TlsFiles& files, Side side);

std::expected<sockaddr_in, std::string> resolve(const std::string& host_and_port);
std::expected<int, std::string> listen_on(const sockaddr_in& address);

class Channel {
 public:
  enum class Step { done, want_read, want_write, closed, failed };
  struct Moved {
    Step step;
    std::size_t bytes = 0;
  };

  Channel() = default;
  // Owns an accepted descriptor. `tls` may be null, and outlives the channel.
  Channel(int accepted, SSL_CTX* tls);
  Channel(Channel&& other) noexcept { *this = std::move(other); }
  Channel& operator=(Channel&& other) noexcept;
  ~Channel() { close(); }

  // Begins to connect, `from` an address if it names one; the first establish() after it became
  // writable finishes. False: no socket.
  bool connect(const sockaddr_in& to, SSL_CTX* tls, const sockaddr_in& from = {});
  // TCP and TLS handshake: call again when readable or writable, as it asks.
  Step establish();
  Moved read(std::span<char> into);
  Moved write(std::span<const char> from);
  void finish_writing();
  void close();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] bool is_established() const { return established_; }
  // "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519"; empty for plain.
  [[nodiscard]] std::string tls_facts() const;

 private:
  bool start_tls(SSL_CTX* tls, Side side);
  [[nodiscard]] Moved tls_outcome(int returned) const;

  int descriptor_ = -1;
  SSL* ssl_ = nullptr;
  bool established_ = false;
};

}  // namespace mortise::bench
