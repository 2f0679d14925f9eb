// proxy/run.h — the sidecar as a program: two loops, their parts, connected.
#pragma once

#include <string>

#include "base/address.h"
#include "base/log.h"
#include "base/result.h"

namespace mortise::proxy {

struct Options {
  std::string workload;  // NS/NAME
  IpAddress address;     // the workload's own
  std::string control_socket;
  int outbound_fd = 3;  // listening sockets, made by the supervisor
  int inbound_fd = 4;
  std::string admin_socket;  // empty: no admin interface
  Level log_level = Level::info;
};

// Serves until SIGTERM or SIGINT, then lets what is going on end for a few seconds.
Result<void> run(const Options& options);

}  // namespace mortise::proxy
