// proxy/outbound/outbound.h — what the application dials (15001): to which workload the connection
// goes, under which identity, and what the application sees when that fails.
#pragma once

#include "io/network.h"
#include "proxy/worker.h"

namespace mortise::proxy {

// Serves one captured connection to its end.
io::Task<void> serve_outbound(Worker& worker, io::Accepted accepted);

}  // namespace mortise::proxy
