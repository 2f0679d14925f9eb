#include "runtime/net/network.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/net/listeners.h"
#include "runtime/net/netlink.h"
#include "runtime/net/netns.h"
#include "runtime/net/rules.h"
#include "runtime/process/procfs.h"

namespace mortise::runtime {

namespace {

constexpr const char* kBridge = "mesh0";
constexpr int kPrefixLength = 16;
constexpr int kBacklog = 4096;
constexpr std::uint32_t kBridgeAddress = 198U << 24 | 18U << 16 | 1U;

std::string port_name(int slot) { return "p" + std::to_string(slot); }

// Follows from the address: a neighbour that remembers the address's last owner is still right.
MacAddress mac_of(const IpAddress& address) {
  const auto value = address.v4_value();
  return {0x02,
          0x4d,
          static_cast<std::uint8_t>(value >> 24),
          static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value)};
}

// /proc/sys/net shows the network namespace of whoever opens it.
Result<void> set_sysctl(const std::string& name, std::string_view value) {
  const auto path = "/proc/sys/net/" + name;
  const io::Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno(path);
  if (::write(file.get(), value.data(), value.size()) < 0) return fail_errno(path);
  return {};
}

Result<void> set_sysctls() {
  CHECK_OK(set_sysctl("ipv4/ip_unprivileged_port_start", "0"));
  // A kernel without IPv6 has nothing to turn off.
  if (::access("/proc/sys/net/ipv6/conf/default", F_OK) == 0)
    CHECK_OK(set_sysctl("ipv6/conf/default/disable_ipv6", "1"));
  return {};
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first{};
  struct stat second{};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

std::string path_of(const io::Descriptor& file) {
  return "/proc/thread-self/fd/" + std::to_string(file.get());
}

// A program can make a network in a user namespace of its own. There it is root, over rules and
// addresses too, so that none of ours may ever end in it.
Result<bool> was_made_by_us(const io::Descriptor& netns) {
  const io::Descriptor owner(::ioctl(netns.get(), NS_GET_USERNS));
  if (!owner.valid() && errno != EPERM) return fail_errno("whose a network namespace is");
  return owner.valid() && is_same_file(path_of(owner), "/proc/thread-self/ns/user");
}

// The network that the process is in; none if it has ended, or went to one that we did not make.
Result<io::Descriptor> given_netns_of(const ProcessId& process) {
  const auto path = "/proc/" + std::to_string(process.pid) + "/ns/net";
  io::Descriptor netns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int problem = errno;
  // The number may have gone to another process before open, but not after.
  if (!is_alive(process)) return io::Descriptor();
  if (!netns.valid()) return fail_errno(path, problem);
  TRY(const bool is_ours, was_made_by_us(netns));
  return is_ours ? std::move(netns) : io::Descriptor();
}

// Whether the link is there, is up and has this address (netdevice(7)).
bool is_up(const std::string& link, const IpAddress& address) {
  const io::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return true;  // nobody can tell
  ifreq question{};
  link.copy(question.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &question) != 0 || (question.ifr_flags & IFF_UP) == 0 ||
      ::ioctl(socket.get(), SIOCGIFADDR, &question) != 0)
    return false;
  sockaddr_in found{};
  std::memcpy(&found, &question.ifr_addr, sizeof found);
  return ntohl(found.sin_addr.s_addr) == address.v4_value();
}

Result<void> set_up_loopback(Netlink& netlink) {
  const auto loopback = Netlink::index_of("lo");
  if (!loopback) return fail(Code::bug, "a network namespace without lo");
  return netlink.set_up(*loopback);
}

Result<bool> has_port(const std::string& switch_netns, int slot) {
  TRY(const auto inside, Visit::enter(switch_netns));
  return Netlink::index_of(port_name(slot)).has_value();
}

// The switch's end of the cable; makes the cable unless the workload's end is there.
Result<void> connect_cable(const std::string& switch_netns, const Home& home, bool has_own_end) {
  TRY(const auto target, open_netns(home.netns));
  TRY(const auto inside, Visit::enter(switch_netns));
  TRY(auto netlink, Netlink::open());
  const auto name = port_name(home.slot);
  if (!has_own_end) {
    // An end without its other end in this namespace belongs to somebody who is gone.
    if (const auto stale = Netlink::index_of(name)) CHECK_OK(netlink.remove_link(*stale));
    CHECK_OK(netlink.add_veth(name, "eth0", target.get(), mac_of(Layout::address(home.slot))));
  }
  const auto end = Netlink::index_of(name);
  const auto bridge = Netlink::index_of(kBridge);
  if (!end || !bridge) return fail(Code::bug, "the bridge or its port " + name + " is missing");
  CHECK_OK(netlink.attach(*end, *bridge));
  return netlink.set_up(*end);
}

Result<io::Descriptor> listen_on(const IpAddress& address, std::uint16_t port) {
  io::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail_errno("socket");
  const int yes = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
    return fail_errno("SO_REUSEADDR");
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(port);
  local.sin_addr.s_addr = htonl(address.v4_value());
  const auto step = "listen on port " + std::to_string(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
    return fail_errno(step);
  if (::listen(socket.get(), kBacklog) != 0) return fail_errno(step);
  return socket;
}

}  // namespace

Result<void> PrivateNetwork::open() {
  if (switch_.valid() && !netns_exists(layout_.switch_netns()))
    CHECK_OK(name_netns(path_of(switch_), layout_.switch_netns()));
  CHECK_OK(ensure_netns(layout_.switch_netns()));
  TRY(switch_, open_netns(layout_.switch_netns()));
  TRY(const auto inside, Visit::enter(layout_.switch_netns()));
  CHECK_OK(set_sysctls());
  TRY(auto netlink, Netlink::open());
  CHECK_OK(set_up_loopback(netlink));
  if (!Netlink::index_of(kBridge)) CHECK_OK(netlink.add_bridge(kBridge));
  const auto bridge = Netlink::index_of(kBridge);
  if (!bridge) return fail(Code::bug, "the bridge vanished");
  CHECK_OK(netlink.add_address(*bridge, IpAddress::v4(kBridgeAddress), kPrefixLength));
  return netlink.set_up(*bridge);
}

Result<void> PrivateNetwork::ensure(const Home& home) {
  CHECK_OK(ensure_netns(home.netns));
  TRY(const bool plugged_in, has_port(layout_.switch_netns(), home.slot));
  bool has_own_end = false;
  {
    TRY(const auto inside, Visit::enter(home.netns));
    CHECK_OK(set_sysctls());
    TRY(auto netlink, Netlink::open());
    CHECK_OK(set_up_loopback(netlink));
    const auto own_end = Netlink::index_of("eth0");
    has_own_end = own_end && plugged_in;
    // The cable ends in a switch that lost its name and lives on unseen, or it is about to vanish.
    if (own_end && !plugged_in) CHECK_OK(netlink.remove_link(*own_end));
  }
  CHECK_OK(connect_cable(layout_.switch_netns(), home, has_own_end));
  TRY(const auto inside, Visit::enter(home.netns));
  TRY(auto netlink, Netlink::open());
  const auto own_end = Netlink::index_of("eth0");
  if (!own_end) return fail(Code::bug, "eth0 is missing in " + home.netns);
  CHECK_OK(netlink.add_address(*own_end, Layout::address(home.slot), kPrefixLength));
  CHECK_OK(netlink.set_up(*own_end));
  // A server that writes head and body apart waits for the sidecar's ACK of the head in between:
  // delayed, that costs 40 ms per request.
  CHECK_OK(netlink.acknowledge_quickly(*own_end, Layout::address(home.slot)));
  return netlink.add_default_route(*own_end);
}

bool PrivateNetwork::is_open() {
  if (!is_same_file(netns_path(layout_.switch_netns()), path_of(switch_))) return false;
  const auto inside = Visit::enter(layout_.switch_netns());
  if (!inside) return inside.error().code() == Code::exhausted;
  return Netlink::index_of(kBridge).has_value() || errno == EMFILE || errno == ENFILE;
}

bool PrivateNetwork::is_intact(const Home& home, const ProcessId& inhabitant) {
  if (!netns_exists(home.netns)) return false;
  const auto own = given_netns_of(inhabitant);
  if (own && own->valid() && !is_same_file(netns_path(home.netns), path_of(*own))) return false;
  const auto inside = Visit::enter(home.netns);
  if (!inside) return inside.error().code() == Code::exhausted;
  return is_up("eth0", Layout::address(home.slot));
}

Result<bool> PrivateNetwork::reclaim(const Home& home, const ProcessId& inhabitant) {
  TRY(const auto own, given_netns_of(inhabitant));
  // Never our own namespace: a child that has not moved yet is still there.
  if (!own.valid() || is_same_file(path_of(own), "/proc/thread-self/ns/net")) return false;
  if (is_same_file(netns_path(home.netns), path_of(own))) return true;
  CHECK_OK(name_netns(path_of(own), home.netns));
  return true;
}

Result<void> PrivateNetwork::remove(const Home& home) {
  // The cable first: a namespace lives as long as anything in it, and its address must be free.
  if (netns_exists(layout_.switch_netns())) {
    TRY(const auto inside, Visit::enter(layout_.switch_netns()));
    TRY(auto netlink, Netlink::open());
    if (const auto end = Netlink::index_of(port_name(home.slot)))
      CHECK_OK(netlink.remove_link(*end));
  }
  return remove_netns(home.netns);
}

Result<CaptureSockets> PrivateNetwork::listen(const Home& home) {
  TRY(const auto inside, Visit::enter(home.netns));
  TRY(auto outbound, listen_on(IpAddress::v4(127U << 24 | 1U), kOutboundPort));
  TRY(auto inbound, listen_on(IpAddress(), kInboundPort));
  return CaptureSockets{std::move(outbound), std::move(inbound)};
}

Result<std::set<std::uint16_t>> PrivateNetwork::listening_ports(const Home& home) {
  TRY(const auto inside, Visit::enter(home.netns));
  return listening_to(Layout::address(home.slot));
}

std::vector<std::string> PrivateNetwork::homes() {
  auto names = netns_names(layout_.netns_prefix());
  std::erase(names, layout_.switch_netns());
  return names;
}

}  // namespace mortise::runtime
