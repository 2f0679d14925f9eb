// proxy/outbound/dial.h — makes the connection of a leg: TCP, and mutual TLS where the target
// asks for it.
#pragma once

#include <expected>

#include "io/network.h"
#include "proxy/config/identity.h"
#include "proxy/limits.h"
#include "proxy/outbound/destination.h"

namespace mortise::proxy {

struct DialFailure {
  bool in_handshake = false;  // TCP was there, TLS was not
  Error error;
};

io::Task<std::expected<std::unique_ptr<io::Stream>, DialFailure>> dial(
    io::Loop& loop, io::Network& network, const Limits& limits, LegTarget target,
    std::shared_ptr<const Identity> identity);

}  // namespace mortise::proxy
