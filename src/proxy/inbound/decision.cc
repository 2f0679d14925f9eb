#include "proxy/inbound/decision.h"

namespace mortise::proxy {

using Verdict = wire::ClientHello::Verdict;

InboundDecision decide(model::MtlsMode mode, Handling handling, const wire::ClientHello& hello) {
  if (hello.verdict == Verdict::incomplete) return {Treatment::look_further, ""};
  const bool is_tls = hello.verdict == Verdict::tls;
  switch (mode) {
    case model::MtlsMode::strict:
      // Any TLS is answered: the handshake itself demands the certificate (S-23, S-32).
      if (is_tls) return {Treatment::terminate, ""};
      return {Treatment::refuse, "plain-text"};
    case model::MtlsMode::permissive:
      if (!is_tls) return {Treatment::serve_plain, "plain-text"};
      if (wire::offers_mesh_protocol(hello)) return {Treatment::terminate, ""};
      if (handling == Handling::http) return {Treatment::refuse, "application-tls"};  // S-16
      return {Treatment::pass_raw, "application-tls"};
    case model::MtlsMode::disable:
      break;
  }
  return {Treatment::serve_plain, "server-disabled"};
}

}  // namespace mortise::proxy
