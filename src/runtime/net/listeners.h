// runtime/net/listeners.h — asks the kernel for listening sockets, through sock_diag(7). Reading
// /proc/net/tcp walks the whole machine's connection table, about a millisecond each time.
#pragma once

#include <cstdint>
#include <set>

#include "base/address.h"
#include "base/result.h"

namespace mortise::runtime {

// Ports of the network namespace that the calling thread is in on which TCP connections to `own`
// are taken: by sockets bound to it or to any address.
Result<std::set<std::uint16_t>> listening_to(const IpAddress& own);

}  // namespace mortise::runtime
