// base/address.h — IP addresses and socket addresses as values, IPv4 and IPv6 alike.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::array<std::uint8_t, 16>& network_order);
  static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return v4_; }
  // IPv4 in host order; only where is_v4().
  [[nodiscard]] std::uint32_t v4_value() const;
  // Sixteen bytes in network order; IPv4 as ::ffff:a.b.c.d.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_loopback() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
};

struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  // "198.18.0.3:80" or "[::1]:80".
  static Result<SocketAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace mortise

template <>
struct std::hash<mortise::IpAddress> {
  std::size_t operator()(const mortise::IpAddress& ip) const noexcept;
};
template <>
struct std::hash<mortise::SocketAddress> {
  std::size_t operator()(const mortise::SocketAddress& address) const noexcept;
};
