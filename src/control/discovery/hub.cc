#include "control/discovery/hub.h"

#include "io/race.h"

namespace mortise::control::discovery {

Hub::Hub(io::Loop& loop, const registry::Registry& registry, Options options, Log& log)
    : loop_(loop),
      registry_(registry),
      options_(std::move(options)),
      log_(log),
      catalog_(registry, options_.catalog),
      progress_(loop) {
  // Known from before a restart: a change waits for them to come back, for their lease at most.
  for (const auto& [key, record] : registry.workloads()) {
    if (record.workload.has_sidecar) peers_[key].last_heard = loop.now();
  }
}

io::Task<rpc::Status> Hub::serve(std::string proxy, rpc::ServerCall& call) {
  auto& peer = peers_[proxy];
  Session session({loop_, registry_, catalog_, log_, progress_, options_.session}, proxy, peer,
                  call);
  if (const auto older = sessions_.find(proxy); older != sessions_.end()) older->second->stop();
  sessions_[proxy] = &session;

  // However this ends, dropped tasks included.
  struct Leave {
    Hub& hub;
    const std::string& proxy;
    Session& session;
    ~Leave() {
      const auto found = hub.sessions_.find(proxy);
      if (found != hub.sessions_.end() && found->second == &session) hub.sessions_.erase(found);
      --hub.peers_.at(proxy).streams;
      hub.progress_.pulse();
    }
  };
  ++peer.streams;
  const Leave leave{*this, proxy, session};
  peer.last_heard = loop_.now();
  co_return co_await session.run();
}

void Hub::on_change(const registry::Touched& touched) {
  catalog_.on_change(touched);
  forget_gone();
  for (const auto& [proxy, session] : sessions_) session->wake();
}

// A peer whose workload has gone, or has no sidecar any more (a job that is done), is dropped once
// its last stream has ended.
void Hub::forget_gone() {
  std::erase_if(peers_, [&](const auto& entry) {
    const auto* record = registry_.workload(entry.first);
    const bool gone = record == nullptr || !record->workload.has_sidecar;
    return gone && entry.second.streams == 0;
  });
}

Hub::Standing Hub::standing(const Peer& peer, std::uint64_t revision) const {
  if (peer.settled >= revision) return Standing::in_force;
  const bool silent = loop_.now() - peer.last_heard > options_.lease;
  return silent || !peer.rejected.empty() ? Standing::given_up : Standing::awaited;
}

io::Task<Receipt> Hub::receipt(std::uint64_t revision, Duration limit) {
  const auto began = loop_.now();
  const auto deadline = began + limit;
  // Streams look at a change in their next turn; what they then send says whom it concerns.
  co_await io::Yield(loop_);
  for (;;) {
    Receipt receipt;
    bool waiting = false;
    for (const auto& [proxy, peer] : peers_) {
      const auto where = standing(peer, revision);
      const bool concerned = peer.last_update >= revision || where != Standing::in_force;
      if (concerned) ++receipt.total;
      if (concerned && where == Standing::in_force) ++receipt.applied;
      if (where != Standing::in_force) receipt.lagging.push_back(proxy);
      waiting |= where == Standing::awaited;
    }
    receipt.took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - began);
    if (!waiting || loop_.now() >= deadline) co_return receipt;
    // Wakes at a peer's progress, and now and then to see whether a lease has run out.
    const auto look_again = std::min(deadline, loop_.now() + std::chrono::seconds(1));
    static_cast<void>(co_await io::OpenOrTimeout(loop_, progress_, look_again));
  }
}

void Hub::heard(const std::string& proxy) {
  const auto found = peers_.find(proxy);
  if (found != peers_.end()) found->second.last_heard = loop_.now();
}

std::optional<ProxyState> Hub::state(const std::string& proxy) const {
  const auto found = peers_.find(proxy);
  if (found == peers_.end()) return std::nullopt;
  const auto& peer = found->second;
  const bool connected = peer.streams > 0;
  return ProxyState{connected, peer.settled, connected && peer.settled >= registry_.revision(),
                    peer.version, peer.rejected};
}

}  // namespace mortise::control::discovery
