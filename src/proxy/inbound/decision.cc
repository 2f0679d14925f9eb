#include "proxy/inbound/decision.h"

namespace mortise::proxy {

using model::MtlsMode;
using Verdict = wire::ClientHello::Verdict;

InboundDecision decide(MtlsMode mode, model::Protocol protocol, const wire::ClientHello& hello) {
  if (mode == MtlsMode::disable) return {Treatment::serve_plain, "server-disabled"};
  if (hello.verdict == Verdict::incomplete) return {Treatment::look_further, ""};
  const bool is_tls = hello.verdict == Verdict::tls;
  if (mode == MtlsMode::strict) {
    // Any TLS is answered: the handshake itself demands the certificate (S-23, S-32).
    if (is_tls) return {Treatment::terminate, ""};
    return {Treatment::refuse, "plain-text"};
  }
  if (!is_tls) return {Treatment::serve_plain, "plain-text"};
  if (wire::offers_mesh_protocol(hello)) return {Treatment::terminate, ""};
  if (model::is_http(protocol)) return {Treatment::refuse, "application-tls"};  // S-16
  return {Treatment::pass_raw, "application-tls"};
}

}  // namespace mortise::proxy
