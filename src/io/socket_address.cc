#include "io/socket_address.h"

#include <netinet/in.h>

#include <array>
#include <cstring>

namespace mortise::io {

RawAddress to_raw(const SocketAddress& address) {
  RawAddress raw;
  if (address.ip.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(address.port);
    four.sin_addr.s_addr = htonl(address.ip.v4_value());
    std::memcpy(&raw.storage, &four, sizeof four);
    raw.size = sizeof four;
    return raw;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(address.port);
  std::memcpy(&six.sin6_addr, address.ip.bytes().data(), sizeof six.sin6_addr);
  std::memcpy(&raw.storage, &six, sizeof six);
  raw.size = sizeof six;
  return raw;
}

SocketAddress from_raw(const RawAddress& raw) {
  if (raw.storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &raw.storage, sizeof four);
    return {IpAddress::v4(ntohl(four.sin_addr.s_addr)), ntohs(four.sin_port)};
  }
  if (raw.storage.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &raw.storage, sizeof six);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return {IpAddress::v6(bytes), ntohs(six.sin6_port)};
  }
  return {};
}

}  // namespace mortise::io
