// runtime/process/listening.h — reads the kernel's socket tables (proc(5), /proc/net/tcp and tcp6).
// Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "base/address.h"

namespace mortise::runtime {

// Ports of sockets in state LISTEN that take connections to `own`: bound to it or to any address.
std::set<std::uint16_t> listening_in(std::string_view table, const IpAddress& own);

}  // namespace mortise::runtime
