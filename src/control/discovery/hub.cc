#include "control/discovery/hub.h"

#include <algorithm>

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
    if (record.workload.has_sidecar) proxies_[key][0].peer.last_heard = loop.now();
  }
}

io::Task<rpc::Status> Hub::serve(std::string proxy, rpc::ServerCall& call) {
  auto hello = co_await read_hello(loop_, options_.session, call);
  if (!hello) co_return rpc::to_status(hello.error());
  const auto instance = hello->instance();
  auto& process = join(proxy, instance);
  Session session({loop_, registry_, catalog_, log_, progress_, options_.session}, proxy,
                  process.peer, call);
  if (process.session) process.session->stop();
  process.session = &session;

  // However this ends, dropped tasks included.
  struct Leave {
    Hub& hub;
    const std::string& proxy;
    std::uint64_t instance;
    Session& session;
    ~Leave() { hub.leave(proxy, instance, session); }
  };
  const Leave leave{*this, proxy, instance, session};
  co_return co_await session.run(*std::move(hello));
}

Hub::Process& Hub::join(const std::string& proxy, std::uint64_t instance) {
  auto& processes = proxies_[proxy];
  forget_ended(processes, instance);
  auto& process = processes[instance];
  if (process.since == 0) process.since = ++joined_;
  ++process.peer.streams;
  process.peer.last_heard = loop_.now();
  return process;
}

void Hub::leave(const std::string& proxy, std::uint64_t instance, const Session& session) {
  auto& processes = proxies_.at(proxy);
  auto& process = processes.at(instance);
  if (process.session == &session) process.session = nullptr;
  --process.peer.streams;
  const bool is_replaced = std::ranges::any_of(
      processes, [](const auto& entry) { return entry.second.peer.streams > 0; });
  if (is_replaced) forget_ended(processes, 0);
  progress_.pulse();
}

// A process without a stream may come back, unless another one has taken its place.
void Hub::forget_ended(Processes& processes, std::uint64_t except) {
  std::erase_if(processes, [&](const auto& entry) {
    return entry.first != except && entry.second.peer.streams == 0;
  });
}

void Hub::on_change(const registry::Touched& touched) {
  catalog_.on_change(touched);
  forget_gone();
  for (const auto& [proxy, processes] : proxies_) {
    for (const auto& [instance, process] : processes) {
      if (process.session) process.session->wake();
    }
  }
}

// A proxy whose workload has gone, or has no sidecar any more (a job that is done), is dropped
// once its last stream has ended.
void Hub::forget_gone() {
  std::erase_if(proxies_, [&](auto& entry) {
    const auto* record = registry_.workload(entry.first);
    if (record != nullptr && record->workload.has_sidecar) return false;
    return std::ranges::all_of(
        entry.second, [](const auto& process) { return process.second.peer.streams == 0; });
  });
}

Hub::Standing Hub::standing(const Peer& peer, std::uint64_t revision) const {
  if (peer.settled >= revision) return Standing::in_force;
  const bool silent = loop_.now() - peer.last_heard > options_.lease;
  return silent || !peer.rejected.empty() ? Standing::given_up : Standing::awaited;
}

bool Hub::count(const std::string& proxy, const Processes& processes, std::uint64_t revision,
                Receipt& receipt) const {
  bool in_force = true;
  bool awaited = false;
  bool told = false;
  for (const auto& [instance, process] : processes) {
    const auto where = standing(process.peer, revision);
    in_force &= where == Standing::in_force;
    awaited |= where == Standing::awaited;
    told |= process.peer.last_update >= revision;
  }
  if (told || !in_force) ++receipt.total;
  if (told && in_force) ++receipt.applied;
  if (!in_force) receipt.lagging.push_back(proxy);
  return awaited;
}

io::Task<Receipt> Hub::receipt(std::uint64_t revision, Duration limit) {
  const auto began = loop_.now();
  const auto deadline = began + limit;
  // Streams look at a change in their next turn; what they then send says whom it concerns.
  co_await io::Yield(loop_);
  for (;;) {
    Receipt receipt;
    bool waiting = false;
    for (const auto& [proxy, processes] : proxies_) {
      waiting |= count(proxy, processes, revision, receipt);
    }
    receipt.took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - began);
    if (!waiting || loop_.now() >= deadline) co_return receipt;
    // Wakes at a peer's progress, and now and then to see whether a lease has run out.
    const auto look_again = std::min(deadline, loop_.now() + std::chrono::seconds(1));
    static_cast<void>(co_await io::OpenOrTimeout(loop_, progress_, look_again));
  }
}

void Hub::heard(const std::string& proxy) {
  const auto found = proxies_.find(proxy);
  if (found == proxies_.end()) return;
  for (auto& [instance, process] : found->second) process.peer.last_heard = loop_.now();
}

std::optional<ProxyState> Hub::state(const std::string& proxy) const {
  const auto found = proxies_.find(proxy);
  if (found == proxies_.end() || found->second.empty()) return std::nullopt;
  ProxyState state;
  std::uint64_t newest = 0;
  for (const auto& [instance, process] : found->second) {
    const auto& peer = process.peer;
    const bool first = newest == 0;
    state.connected |= peer.streams > 0;
    state.revision = first ? peer.settled : std::min(state.revision, peer.settled);
    if (!peer.rejected.empty()) state.rejected = peer.rejected;
    if (first || process.since > newest) state.version = peer.version;
    newest = std::max({newest, process.since, std::uint64_t{1}});
  }
  state.synced = state.connected && state.revision >= registry_.revision();
  return state;
}

}  // namespace mortise::control::discovery
