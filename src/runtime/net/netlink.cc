#include "runtime/net/netlink.h"

#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "base/check.h"

namespace mortise::runtime {

// One message with its attributes, in a buffer that holds any of ours.
class Netlink::Request {
 public:
  template <class Header>
  Request(std::uint16_t type, std::uint16_t flags, const Header& header) {
    auto& message = *reinterpret_cast<nlmsghdr*>(bytes_.data());
    message.nlmsg_type = type;
    message.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    size_ = NLMSG_HDRLEN;
    append(&header, sizeof header);
  }

  void add(std::uint16_t type, const void* value, std::size_t size) {
    const rtattr head{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size)), .rta_type = type};
    append(&head, sizeof head);
    append(value, size);
  }
  void add(std::uint16_t type, std::string_view text) {
    add(type, std::string(text).c_str(), text.size() + 1);
  }
  void add(std::uint16_t type, int number) { add(type, &number, sizeof number); }

  // Attributes until close() are inside this one.
  std::size_t open(std::uint16_t type) {
    const auto start = size_;
    add(type, nullptr, 0);
    return start;
  }
  void close(std::size_t start) {
    reinterpret_cast<rtattr*>(bytes_.data() + start)->rta_len =
        static_cast<std::uint16_t>(size_ - start);
  }
  template <class Header>
  void header(const Header& value) {
    append(&value, sizeof value);
  }

  std::span<const char> finish(std::uint32_t sequence) {
    auto& message = *reinterpret_cast<nlmsghdr*>(bytes_.data());
    message.nlmsg_len = static_cast<std::uint32_t>(size_);
    message.nlmsg_seq = sequence;
    return std::span(bytes_).first(size_);
  }

 private:
  void append(const void* from, std::size_t size) {
    MORTISE_CHECK(size_ + NLMSG_ALIGN(size) <= bytes_.size());
    if (size > 0) std::memcpy(bytes_.data() + size_, from, size);
    size_ += NLMSG_ALIGN(size);
  }

  alignas(nlmsghdr) std::array<char, 1024> bytes_{};
  std::size_t size_ = 0;
};

Result<Netlink> Netlink::open() {
  io::Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return fail_errno("netlink");
  // The kernel answers within the call; the limit is against a broken one.
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
    return fail_errno("netlink");
  return Netlink(std::move(socket));
}

std::optional<int> Netlink::index_of(const std::string& link) {
  const auto index = ::if_nametoindex(link.c_str());
  if (index == 0) return std::nullopt;
  return static_cast<int>(index);
}

Result<void> Netlink::send(Request& request, const char* step) {
  const auto bytes = request.finish(++sequence_);
  if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno(step);
  alignas(nlmsghdr) std::array<char, 4096> answer;
  for (;;) {
    const auto got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(step);
    const auto& head = *reinterpret_cast<const nlmsghdr*>(answer.data());
    if (static_cast<std::size_t>(got) < NLMSG_LENGTH(sizeof(nlmsgerr)) ||
        head.nlmsg_type != NLMSG_ERROR || head.nlmsg_seq != sequence_)
      continue;
    const auto& result = *static_cast<const nlmsgerr*>(NLMSG_DATA(&head));
    if (result.error == 0 || result.error == -EEXIST) return {};
    return fail_errno(step, -result.error);
  }
}

Result<void> Netlink::add_bridge(const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add(IFLA_IFNAME, name);
  const auto about = request.open(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, std::string_view("bridge"));
  request.close(about);
  return send(request, "create bridge");
}

Result<void> Netlink::add_veth(const std::string& name, const std::string& peer, int peer_netns,
                               const MacAddress& peer_mac) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add(IFLA_IFNAME, name);
  const auto about = request.open(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, std::string_view("veth"));
  const auto details = request.open(IFLA_INFO_DATA);
  const auto other = request.open(VETH_INFO_PEER);
  request.header(ifinfomsg{});
  request.add(IFLA_IFNAME, peer);
  request.add(IFLA_NET_NS_FD, peer_netns);
  request.add(IFLA_ADDRESS, peer_mac.data(), peer_mac.size());
  request.close(other);
  request.close(details);
  request.close(about);
  return send(request, "create veth pair");
}

Result<void> Netlink::attach(int link, int bridge) {
  ifinfomsg header{};
  header.ifi_index = link;
  Request request(RTM_NEWLINK, 0, header);
  request.add(IFLA_MASTER, bridge);
  return send(request, "attach to bridge");
}

Result<void> Netlink::set_up(int link) {
  ifinfomsg header{};
  header.ifi_index = link;
  header.ifi_flags = header.ifi_change = IFF_UP;
  Request request(RTM_NEWLINK, 0, header);
  return send(request, "set link up");
}

Result<void> Netlink::remove_link(int link) {
  ifinfomsg header{};
  header.ifi_index = link;
  Request request(RTM_DELLINK, 0, header);
  return send(request, "remove link");
}

Result<void> Netlink::add_address(int link, const IpAddress& address, int prefix_length) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = static_cast<std::uint8_t>(prefix_length);
  header.ifa_index = static_cast<std::uint32_t>(link);
  const std::uint32_t number = htonl(address.v4_value());
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
  request.add(IFA_LOCAL, &number, sizeof number);
  request.add(IFA_ADDRESS, &number, sizeof number);
  return send(request, "add address");
}

Result<void> Netlink::add_default_route(int link) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  request.add(RTA_OIF, link);
  return send(request, "add route");
}

Result<void> Netlink::acknowledge_quickly(int link, const IpAddress& own) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_LOCAL;
  header.rtm_protocol = RTPROT_KERNEL;
  header.rtm_scope = RT_SCOPE_HOST;
  header.rtm_type = RTN_LOCAL;
  const std::uint32_t number = htonl(own.v4_value());
  const std::uint32_t yes = 1;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header);
  request.add(RTA_DST, &number, sizeof number);
  request.add(RTA_PREFSRC, &number, sizeof number);
  request.add(RTA_OIF, link);
  const auto metrics = request.open(RTA_METRICS);
  request.add(RTAX_QUICKACK, &yes, sizeof yes);
  request.close(metrics);
  return send(request, "change local route");
}

}  // namespace mortise::runtime
