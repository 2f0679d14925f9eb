// runtime/supervisor.h — the process behind `mortise up`: keeps the control plane running and this
// host in agreement with it. Its own death stops nothing; the next one takes over.
#pragma once

#include "client/client.h"
#include "io/epoll_loop.h"
#include "io/gate.h"
#include "io/os_network.h"
#include "runtime/complaints.h"
#include "runtime/reconciler.h"

namespace mortise::runtime {

class Supervisor {
 public:
  Supervisor(io::EpollLoop& loop, const Layout& layout, const Options& options, Log& log,
             State& state);

  // Works until cancelled.
  io::Task<void> run();

 private:
  io::Task<void> watch_revision();
  io::Task<void> follow_mesh();
  io::Task<bool> learn();
  io::Task<bool> tell();
  io::Task<bool> register_all(std::vector<client::Registration> wanted);
  io::Task<void> look_at_sidecars();
  io::Task<void> take_restarts();
  io::Task<void> answer_restarts();
  void keep_control_running();
  io::Task<void> keep_logs_short();
  Result<void> save();

  io::EpollLoop& loop_;
  const Layout& layout_;
  const Options& options_;
  Log& log_;
  Complaints complaints_;
  State& state_;
  TimePoint tell_at_;
  bool unsaved_ = false;  // the disk had no room for the state
  io::OsNetwork os_network_;
  client::Client client_;
  io::Gate wake_;
  HostProcesses processes_;
  PrivateNetwork network_;
  NftCapture capture_;
  const Parts parts_;
  int control_restarts_ = 0;
  Runner control_;
  Reconciler reconciler_;
  client::News heard_;              // the newest
  bool mesh_changed_ = true;        // since learn() asked
  bool restart_was_asked_ = false;  // since take_restarts() asked
  bool control_answers_ = false;
};

}  // namespace mortise::runtime
