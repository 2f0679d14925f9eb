// runtime/net/netlink.h — links, addresses and routes of the network namespace that the calling
// thread is in, through rtnetlink(7). Each call is one request and waits for the kernel's answer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "io/descriptor.h"

namespace mortise::runtime {

using MacAddress = std::array<std::uint8_t, 6>;

class Netlink {
 public:
  static Result<Netlink> open();

  // The interface's index; nothing if there is none of this name.
  static std::optional<int> index_of(const std::string& link);

  Result<void> add_bridge(const std::string& name);
  // One end here, the other named `peer` in the namespace behind `peer_netns`.
  Result<void> add_veth(const std::string& name, const std::string& peer, int peer_netns,
                        const MacAddress& peer_mac);
  Result<void> attach(int link, int bridge);
  Result<void> set_up(int link);
  Result<void> remove_link(int link);
  // There already is success.
  Result<void> add_address(int link, const IpAddress& address, int prefix_length);
  Result<void> add_default_route(int link);
  // Connections to this own address acknowledge at once what they receive.
  Result<void> acknowledge_quickly(int link, const IpAddress& own);

 private:
  explicit Netlink(io::Descriptor socket) : socket_(std::move(socket)) {}
  class Request;
  Result<void> send(Request& request, const char* step);

  io::Descriptor socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace mortise::runtime
