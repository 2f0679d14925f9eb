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
  // For one that takes over from a predecessor on the same sockets: where it says, once, that it
  // serves. Before it can, it neither accepts nor takes the admin socket. -1: the first one.
  int announce_fd = -1;
  Level log_level = Level::info;
};

// Serves until a signal. SIGUSR1: somebody else serves from now on; lets what is going on end, for
// as long as that takes. SIGTERM and SIGINT: the same for a few seconds, or after SIGUSR1: the end
// of what is going on.
Result<void> run(const Options& options);

}  // namespace mortise::proxy
