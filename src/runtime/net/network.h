// runtime/net/network.h — where workloads live and what their addresses are. PrivateNetwork is the
// first home: namespaces on a bridge of their own, without a way out. Existing services of a host
// will be the second.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "io/descriptor.h"
#include "runtime/layout.h"
#include "runtime/net/netns.h"
#include "runtime/state.h"

namespace mortise::runtime {

struct Home {
  std::string netns;
  int slot = 0;
};

// The sidecar's listening sockets (ports 15001 and 15006).
struct CaptureSockets {
  io::Descriptor outbound;
  io::Descriptor inbound;
};

class Network {
 public:
  virtual ~Network() = default;

  // Everything is idempotent: what is there is kept, what is missing is added.
  virtual Result<void> open() = 0;
  virtual Result<void> ensure(const Home& home) = 0;
  // Whether open() still holds: somebody else may have removed the switch.
  // Those that cannot be looked at for want of descriptors are taken as they were.
  virtual bool is_open() = 0;
  // Whether the home is as ensure() left it, as far as somebody else may have changed it.
  // `inhabitant` was started there; invalid: nobody lives there now.
  virtual bool is_intact(const Home& home, const ProcessId& inhabitant) = 0;
  // Gives the namespace in which `inhabitant` runs its name back. False: nobody is there any more,
  // and a new one has to be made.
  virtual Result<bool> reclaim(const Home& home, const ProcessId& inhabitant) = 0;
  virtual Result<void> remove(const Home& home) = 0;
  // Connections wait in their backlogs while no sidecar accepts.
  virtual Result<CaptureSockets> listen(const Home& home) = 0;
  // TCP ports on which something listens there for connections to the home's address.
  virtual Result<std::set<std::uint16_t>> listening_ports(const Home& home) = 0;
  // Names of the network namespaces of workloads that exist, known to somebody or not.
  virtual std::vector<std::string> homes() = 0;
};

class PrivateNetwork final : public Network {
 public:
  explicit PrivateNetwork(const Layout& layout) : layout_(layout) {}

  Result<void> open() override;
  Result<void> ensure(const Home& home) override;
  bool is_open() override;
  bool is_intact(const Home& home, const ProcessId& inhabitant) override;
  Result<bool> reclaim(const Home& home, const ProcessId& inhabitant) override;
  Result<void> remove(const Home& home) override;
  Result<CaptureSockets> listen(const Home& home) override;
  Result<std::set<std::uint16_t>> listening_ports(const Home& home) override;
  std::vector<std::string> homes() override;

  // Whether open() makes, or made, the names' folder a mount point. Known before it does, so that
  // it can be written down before.
  [[nodiscard]] bool makes_netns_mount() const { return makes_netns_mount_; }

 private:
  const Layout& layout_;
  bool makes_netns_mount_ = !netns_folder_is_mounted(layout_.netns_prefix());
  io::Descriptor switch_;  // keeps the namespace, in which no process lives, if its name is removed
};

}  // namespace mortise::runtime
