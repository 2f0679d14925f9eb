// proxy/handling.h — how the traffic of a port is looked at, told from the protocol it declares.
#pragma once

#include "model/workload.h"

namespace mortise::proxy {

enum class Handling {
  tcp,    // bytes
  http,   // requests of HTTP/1.x and nothing else
  http2,  // HTTP of either version; the client begins
  guess,  // undeclared: told from the client's first words
};
Handling handling_of(model::Protocol protocol);

}  // namespace mortise::proxy
