// proxy/admin.h — what an operator can ask a sidecar: a unix socket, since the application shares
// its loopback (invariant 8). GET /config and GET /stats. Outlives both loops' turns.
#pragma once

#include "http/server.h"
#include "proxy/config/discovery_client.h"
#include "proxy/config/identity_client.h"
#include "proxy/worker.h"

namespace mortise::proxy {

class Admin {
 public:
  Admin(io::Loop& control, Worker& worker, const DiscoveryClient& discovery,
        const IdentityClient& identity)
      : control_(control),
        worker_(worker),
        discovery_(discovery),
        identity_(identity),
        counted_(control) {}

  io::Task<http::Response> answer(http::Request request);

 private:
  [[nodiscard]] std::string config() const;
  io::Task<std::string> stats();

  io::Loop& control_;
  Worker& worker_;
  const DiscoveryClient& discovery_;
  const IdentityClient& identity_;
  // What the traffic loop counted, and for which question: here, since who asked may have left.
  io::Gate counted_;
  std::string numbers_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace mortise::proxy
