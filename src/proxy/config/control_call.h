// proxy/config/control_call.h — one call to the control plane on a connection of its own.
#pragma once

#include <string>

#include "io/network.h"

namespace mortise::proxy {

io::Task<Result<std::string>> call_control(io::Loop& loop, io::Network& network, std::string socket,
                                           std::string method, std::string request, Duration limit);

}  // namespace mortise::proxy
