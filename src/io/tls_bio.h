// io/tls_bio.h — the custom BIO between OpenSSL and a connection's own two buffers: no copy
// through a memory BIO, and the stream decides when a system call is made. Private to io/tls*.
#pragma once

#include <openssl/bio.h>

#include <string>
#include <vector>

namespace mortise::io {

// Ciphertext on its way in and out. OpenSSL reads from one and appends to the other.
struct TlsBuffers {
  std::vector<char> received;  // [begin, end) is unread
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string to_send;
  bool peer_closed = false;

  [[nodiscard]] bool drained() const { return begin == end; }
};

// A BIO over `buffers`, which must outlive it. Owned by the caller until given to an SSL.
BIO* make_buffer_bio(TlsBuffers& buffers);

}  // namespace mortise::io
