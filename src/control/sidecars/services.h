// control/sidecars/services.h — what a sidecar may call: discovery, its certificate, its reports.
// Who calls is known from the socket it came through, and nothing it says about itself counts.
#pragma once

#include <chrono>
#include <string>

#include "base/log.h"
#include "control/ca/ca.h"
#include "control/discovery/hub.h"
#include "control/registry/registry.h"
#include "control/telemetry/edges.h"
#include "rpc/server.h"

namespace mortise::control::sidecars {

class Services {
 public:
  // All borrowed, for longer than any connection.
  struct Parts {
    io::Loop& loop;
    const registry::Registry& registry;
    discovery::Hub& hub;
    ca::Ca& ca;
    telemetry::Edges& edges;
    Log& log;
  };
  explicit Services(Parts parts) : parts_(parts) {}

  // For connections of the workload "NS/NAME".
  rpc::Methods methods_for(const std::string& workload);

 private:
  io::Task<rpc::Status> sign(std::string workload, rpc::ServerCall& call);
  io::Task<rpc::Status> report(std::string workload, rpc::ServerCall& call);
  io::Task<Result<std::string>> read_request(rpc::ServerCall& call);
  Result<std::string> certify(const std::string& workload, const std::string& request);
  Result<std::string> take_report(const std::string& workload, const std::string& request);

  Parts parts_;
};

}  // namespace mortise::control::sidecars
