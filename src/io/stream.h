// io/stream.h — a two-way stream of bytes: a socket, TLS over one, or a simulated pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "io/gate.h"
#include "io/task.h"

namespace mortise::io {

// "Would block" and "peer closed" are ordinary answers.
struct Progress {
  enum Kind : std::uint8_t { moved, blocked, closed };
  Kind kind = blocked;
  std::size_t bytes = 0;

  static Progress of(std::size_t bytes) { return {moved, bytes}; }
};

// What a TLS stack established about a connection. Values live as long as the stream.
struct TlsFacts {
  std::string version;        // "TLSv1.3"
  std::string cipher;         // "TLS_AES_128_GCM_SHA256"
  std::string group;          // "X25519"; empty if the library cannot say
  std::string alpn;           // chosen protocol; empty if none
  std::string own_identity;   // SPIFFE id of our certificate
  std::string peer_identity;  // SPIFFE id of the verified peer certificate; empty if it had none
  std::string peer_certificate_sha256;  // 64 lower-case hex digits, of the leaf's DER
  std::string connection_id;  // 32 hex digits from the TLS exporter, the same at both ends
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Reads up to into.size() bytes; `closed` means that the peer finished writing.
  virtual Result<Progress> try_read(std::span<char> into) = 0;
  // Takes a prefix of `from`. After `blocked`, offer the same bytes again before any others: a
  // TLS stream may have sealed them already.
  virtual Result<Progress> try_write(std::span<const char> from) = 0;
  // After `blocked`: co_await stream.readable(); then try again. It may wake without reason.
  [[nodiscard]] virtual Gate::Wait readable() = 0;
  [[nodiscard]] virtual Gate::Wait writable() = 0;
  // Half-close: the peer reads `closed` after everything written before.
  virtual void finish_writing() = 0;
  // Ends both directions at once; a TCP peer sees a reset (semantics S-30).
  virtual void abort() = 0;
  // Null unless TLS protects this stream.
  [[nodiscard]] virtual const TlsFacts* tls() const { return nullptr; }
};

// Reads something: bytes, or 0 when the peer finished writing.
Task<Result<std::size_t>> read_some(Stream& stream, std::span<char> into);
// Writes everything.
Task<Result<void>> write_all(Stream& stream, std::span<const char> from);

}  // namespace mortise::io
