// io/socket_address.h — SocketAddress to and from the kernel's sockaddr.
#pragma once

#include <sys/socket.h>

#include "base/address.h"

namespace mortise::io {

struct RawAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

RawAddress to_raw(const SocketAddress& address);
// 0.0.0.0:0 for families that are not IP, such as unix sockets.
SocketAddress from_raw(const RawAddress& raw);

}  // namespace mortise::io
