// control/sidecars/sockets.h — one unix socket per workload, in a directory that only its
// sidecar's user can enter: being able to connect is how a sidecar proves who it is
// (ARCHITECTURE.md, "Identity"). The set follows the registry.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "control/registry/registry.h"
#include "control/sidecars/services.h"
#include "io/network.h"
#include "io/scope.h"

namespace mortise::control::sidecars {

// Serves the connections of one workload's sidecar; closing it ends them.
class Socket {
 public:
  Socket(io::Loop& loop, std::unique_ptr<io::Listener> listener, std::string workload, uid_t owner,
         rpc::Methods methods, Log& log);

  [[nodiscard]] uid_t owner() const { return owner_; }

 private:
  static constexpr std::size_t kMostConnections = 24;  // of all processes that a sidecar has

  io::Task<void> accept();
  io::Task<void> serve(std::unique_ptr<io::Stream> stream);
  // Why the connection is dropped; empty if it is the sidecar's.
  [[nodiscard]] std::string objection(const io::Accepted& accepted) const;

  io::Loop& loop_;
  std::unique_ptr<io::Listener> listener_;
  std::string workload_;
  uid_t owner_;
  rpc::Methods methods_;
  Log& log_;
  io::Scope connections_;
};

class Sockets {
 public:
  // `directory` holds NS.NAME/control.sock of every workload. All borrowed.
  struct Parts {
    io::Loop& loop;
    io::Network& network;
    const registry::Registry& registry;
    Services& services;
    std::string directory;
    Log& log;
  };
  explicit Sockets(Parts parts) : parts_(std::move(parts)) {}

  // Opens and closes what a change asks for. Failures are logged: registering again repairs them.
  void on_change(const registry::Touched& touched);
  // Those of all workloads that the registry knows: at the start.
  void open_all();
  // Puts back what somebody removed, for as long as it runs.
  io::Task<void> keep();
  // The workload's socket is there, or the reason why not.
  Result<void> ensure(const std::string& workload);
  // Whether the runtime has made the directory in which the socket would be.
  [[nodiscard]] Result<void> check_directory(const model::Workload& workload) const;

 private:
  [[nodiscard]] std::string directory_of(const model::Workload& workload) const;
  [[nodiscard]] std::string path_of(const model::Workload& workload) const;
  void follow(const std::string& workload);

  Parts parts_;
  std::map<std::string, std::unique_ptr<Socket>> sockets_;
};

}  // namespace mortise::control::sidecars
