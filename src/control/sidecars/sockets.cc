#include "control/sidecars/sockets.h"

#include <sys/stat.h>

namespace mortise::control::sidecars {
namespace {

constexpr Duration kPauseAfterFailure = std::chrono::milliseconds(100);
constexpr Duration kQuiet = std::chrono::seconds(30);  // between two lines about one trouble
constexpr Duration kLookForFiles = std::chrono::seconds(2);

bool is_socket(const std::string& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

}  // namespace

Socket::Socket(io::Loop& loop, std::unique_ptr<io::Listener> listener, std::string workload,
               uid_t owner, rpc::Methods methods, Log& log)
    : loop_(loop),
      listener_(std::move(listener)),
      workload_(std::move(workload)),
      owner_(owner),
      methods_(std::move(methods)),
      log_(log),
      connections_(loop) {
  connections_.spawn(accept());
}

std::string Socket::objection(const io::Accepted& accepted) const {
  if (!accepted.credentials) return "the kernel did not say who it is";
  const auto& peer = *accepted.credentials;
  if (peer.uid != owner_) {
    return "it is uid " + std::to_string(peer.uid) + " (process " + std::to_string(peer.pid) +
           ") and not the sidecar's " + std::to_string(owner_);
  }
  // One of the tasks is accept() itself.
  if (connections_.size() > kMostConnections) return "it has too many already";
  return {};
}

io::Task<void> Socket::accept() {
  TimePoint quiet_until;
  for (;;) {
    auto accepted = co_await listener_->accept();
    if (!accepted) {
      if (loop_.now() >= quiet_until) {
        log_.warning("socket of " + workload_ + ": " + accepted.error().what());
        quiet_until = loop_.now() + kQuiet;
      }
      co_await loop_.sleep_for(kPauseAfterFailure);
      continue;
    }
    if (const auto reason = objection(*accepted); !reason.empty()) {
      log_.warning("dropped a connection to the socket of " + workload_ + ": " + reason);
      continue;
    }
    connections_.spawn(serve(std::move(accepted->stream)));
  }
}

io::Task<void> Socket::serve(std::unique_ptr<io::Stream> stream) {
  const auto ended = co_await rpc::serve(loop_, *stream, methods_);
  if (!ended) log_.info("connection of " + workload_ + " ended: " + ended.error().what());
}

std::string Sockets::directory_of(const model::Workload& workload) const {
  return parts_.directory + "/" + workload.namespace_name + "." + workload.name;
}

std::string Sockets::path_of(const model::Workload& workload) const {
  return directory_of(workload) + "/control.sock";
}

io::Task<void> Sockets::keep() {
  for (;;) {
    co_await parts_.loop.sleep_for(kLookForFiles);
    std::vector<std::string> lost;
    for (const auto& [workload, socket] : sockets_) {
      const auto* record = parts_.registry.workload(workload);
      // Where the folder is gone too, the runtime makes another and registers the workload again.
      if (record && !is_socket(path_of(record->workload)) && check_directory(record->workload))
        lost.push_back(workload);
    }
    for (const auto& workload : lost) {
      parts_.log.warning("the socket of " + workload + " was removed: it is made again");
      follow(workload);
    }
  }
}

Result<void> Sockets::check_directory(const model::Workload& workload) const {
  const auto path = directory_of(workload);
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return fail_errno("sidecar's directory " + path);
  if (!S_ISDIR(status.st_mode)) return fail(Code::invalid, path + " is not a directory");
  // Otherwise somebody else could connect, or put another socket there.
  if ((status.st_mode & 077) != 0 || status.st_uid != workload.sidecar_uid) {
    return fail(Code::denied, path + " must belong to uid " + std::to_string(workload.sidecar_uid) +
                                  " alone (mode 0700)");
  }
  return {};
}

Result<void> Sockets::ensure(const std::string& workload) {
  const auto* record = parts_.registry.workload(workload);
  if (!record || !record->workload.has_sidecar) {
    sockets_.erase(workload);
    return {};
  }
  const uid_t owner = record->workload.sidecar_uid;
  const auto known = sockets_.find(workload);
  const auto path = path_of(record->workload);
  if (known != sockets_.end() && known->second->owner() == owner && is_socket(path)) return {};
  sockets_.erase(workload);
  CHECK_OK(check_directory(record->workload));
  TRY(auto listener, parts_.network.listen_unix(path, 0600, owner));
  sockets_.emplace(workload,
                   std::make_unique<Socket>(parts_.loop, std::move(listener), workload, owner,
                                            parts_.services.methods_for(workload), parts_.log));
  return {};
}

void Sockets::follow(const std::string& workload) {
  if (const auto ensured = ensure(workload); !ensured) {
    parts_.log.warning("no socket for the sidecar of " + workload + ": " + ensured.error().what());
  }
}

void Sockets::on_change(const registry::Touched& touched) {
  for (const auto& workload : touched.workloads) follow(workload);
}

void Sockets::open_all() {
  for (const auto& [workload, record] : parts_.registry.workloads()) follow(workload);
}

}  // namespace mortise::control::sidecars
