// proxy/inbound/inbound.h — what others dial (15006): judged by the port's mode, unwrapped where
// it is mesh TLS, and delivered to the application (semantics section 5).
#pragma once

#include "io/network.h"
#include "proxy/worker.h"

namespace mortise::proxy {

// Serves one captured connection to its end.
io::Task<void> serve_inbound(Worker& worker, io::Accepted accepted);

}  // namespace mortise::proxy
