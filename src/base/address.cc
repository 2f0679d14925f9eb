#include "base/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "base/check.h"

namespace mortise {

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress ip;
  const std::uint32_t network_order = htonl(host_order);
  std::memcpy(ip.bytes_.data() + 12, &network_order, sizeof network_order);
  return ip;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& network_order) {
  IpAddress ip;
  ip.v4_ = false;
  ip.bytes_ = network_order;
  return ip;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  in_addr four{};
  if (inet_pton(AF_INET, terminated.c_str(), &four) == 1) return v4(ntohl(four.s_addr));
  std::array<std::uint8_t, 16> six{};
  if (inet_pton(AF_INET6, terminated.c_str(), six.data()) == 1) return v6(six);
  return fail(Code::invalid, "\"" + terminated + "\" is not an IP address");
}

std::uint32_t IpAddress::v4_value() const {
  MORTISE_CHECK(v4_);
  std::uint32_t network_order = 0;
  std::memcpy(&network_order, bytes_.data() + 12, sizeof network_order);
  return ntohl(network_order);
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* from = v4_ ? bytes_.data() + 12 : bytes_.data();
  inet_ntop(v4_ ? AF_INET : AF_INET6, from, text.data(), text.size());
  return text.data();
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[12] == 127;
  static constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                          0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == kLoopback;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Code::invalid, "\"" + std::string(text) + "\" has no port");
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  TRY(const auto ip, IpAddress::parse(host));
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
    return fail(Code::invalid, "\"" + std::string(digits) + "\" is not a port number");
  }
  return SocketAddress{ip, port};
}

std::string SocketAddress::to_string() const {
  const auto host = ip.is_v4() ? ip.to_string() : "[" + ip.to_string() + "]";
  return host + ":" + std::to_string(port);
}

}  // namespace mortise

std::size_t std::hash<mortise::IpAddress>::operator()(const mortise::IpAddress& ip) const noexcept {
  const auto& bytes = ip.bytes();
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::size_t std::hash<mortise::SocketAddress>::operator()(
    const mortise::SocketAddress& address) const noexcept {
  return std::hash<mortise::IpAddress>{}(address.ip) * 31 + address.port;
}
