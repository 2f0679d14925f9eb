// proxy/inbound/decision.h — what becomes of an inbound connection, told from the port's policy and
// from what arrived (semantics section 5.2). Pure.
#pragma once

#include <string_view>

#include "model/policy.h"
#include "model/workload.h"
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
  Treatment treatment = Treatment::refuse;
  std::string_view because;
};

// Asked once at least a byte has arrived or the peer has finished. Under DISABLE nothing looks for
// TLS (S-3), so any byte decides.
InboundDecision decide(model::MtlsMode mode, model::Protocol protocol,
                       const wire::ClientHello& hello);

}  // namespace mortise::proxy
