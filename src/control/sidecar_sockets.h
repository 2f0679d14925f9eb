// control/sidecar_sockets.h — one unix socket per workload, on which its sidecar and nobody else
// gets configuration and certificates and leaves its reports. Who connects is known from the
// socket and from the kernel, never from what is said (ARCHITECTURE.md, "Identity").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "control/ca/ca.h"
#include "control/discovery/hub.h"
#include "control/telemetry/edges.h"
#include "io/network.h"
#include "io/scope.h"
#include "rpc/server.h"

namespace mortise::control {

class SidecarSockets {
 public:
  // Borrowed for the life of the sockets; all on one loop.
  struct Services {
    const registry::Registry& registry;
    discovery::Hub& hub;
    ca::Ca& authority;
    telemetry::Edges& edges;
    std::function<std::chrono::seconds()> leaf_lifetime;
  };

  // `directory` holds one folder NS.NAME per workload, made by the runtime.
  SidecarSockets(io::Loop& loop, io::Network& network, std::string directory, Services services,
                 Log& log);
  ~SidecarSockets();

  // Opens the sockets of workloads that came and closes those of workloads that went. At the
  // start and after every change of the registry; a folder that is missing is tried again then.
  void reconcile();

 private:
  class Sidecar;
  [[nodiscard]] Result<std::unique_ptr<Sidecar>> open(const model::Workload& workload);

  io::Loop& loop_;
  io::Network& network_;
  const std::string directory_;
  Services services_;
  Log& log_;
  std::map<std::string, std::unique_ptr<Sidecar>> sidecars_;  // by "NS/NAME"
};

}  // namespace mortise::control
