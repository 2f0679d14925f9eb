// proxy/inbound/serving.h — carries the plain text of an inbound connection to the application,
// in the way the port's protocol asks for.
#pragma once

#include "proxy/inbound/connection.h"

namespace mortise::proxy {

// By the port's declared protocol, or by what the peer says where it is undeclared. To the end.
io::Task<void> serve(InboundConnection& connection);
// As bytes, whatever is declared.
io::Task<void> serve_bytes(InboundConnection& connection);

}  // namespace mortise::proxy
