// proxy/inbound/hearing.h — waits for what begins an inbound connection and judges it by the
// policy that is in force then, however long ago it was accepted (invariant 1).
#pragma once

#include "proxy/inbound/connection.h"
#include "proxy/inbound/decision.h"

namespace mortise::proxy {

// What is to be done, never `look_further`; sets `connection.policy` and `hello`. Nothing: the
// peer has reset the connection. Bytes that were read are in the inbox.
io::Task<std::optional<InboundDecision>> hear(InboundConnection& connection);

}  // namespace mortise::proxy
