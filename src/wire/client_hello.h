// wire/client_hello.h — looks into the first bytes of a connection for a TLS ClientHello, without
// consuming them (semantics S-2, S-7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mortise::wire {

struct ClientHello {
  enum class Verdict { incomplete, not_tls, tls };
  Verdict verdict = Verdict::incomplete;
  std::string server_name;        // empty: none sent
  std::vector<std::string> alpn;  // as offered
};

// Reassembles the ClientHello from one or several records. A parse failure is `not_tls`, not an
// error; more than `limit` bytes without an end is `not_tls` too.
ClientHello peek_client_hello(std::string_view bytes, std::size_t limit = 64 * 1024);

// Whether the offer holds a mesh value: mortise/1, istio, istio-peer-exchange, istio-http/1.0,
// istio-http/1.1 or istio-h2 (S-4, K-23).
bool offers_mesh_protocol(const ClientHello& hello);

}  // namespace mortise::wire
