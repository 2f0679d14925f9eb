// proxy/inbound/decision.h — what becomes of an inbound connection, told from the port's mode and
// from what arrived (semantics section 5.2). Pure.
#pragma once

#include <string_view>

#include "model/policy.h"
#include "proxy/outbound/destination.h"
#include "wire/client_hello.h"

namespace mortise::proxy {

enum class Treatment {
  look_further,  // the ClientHello is not complete
  terminate,     // mesh TLS: its plain text is served
  serve_plain,   // as the port's protocol says
  pass_raw,      // the application's own TLS: untouched
  refuse,
};

// `because` goes to telemetry: why plain or refused; empty for mesh TLS.
struct InboundDecision {
  Treatment treatment;
  std::string_view because;
};

// Not asked for DISABLE, where nothing looks for TLS (S-3).
InboundDecision decide(model::MtlsMode mode, Handling handling, const wire::ClientHello& hello);

}  // namespace mortise::proxy
