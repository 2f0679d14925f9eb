// proxy/http1_connection.h — a client's HTTP/1.1 connection: one exchange after the other, each
// on a stream of its own choosing (architecture section 7).
#pragma once

#include <string>

#include "io/loop.h"
#include "proxy/ending.h"
#include "proxy/inbox.h"
#include "proxy/limits.h"
#include "proxy/upstream.h"

namespace mortise::proxy {

// Serves until the client leaves or breaks the protocol. `client_cert` is what every request's
// X-Forwarded-Client-Cert is set to; empty: it is only removed.
io::Task<void> serve_http1(io::Loop& loop, const Limits& limits, Ending& ending, Inbox& client,
                           Upstream& upstream, std::string client_cert);

}  // namespace mortise::proxy
