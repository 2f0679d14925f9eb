#include "proxy/worker.h"

#include <utility>

#include "base/process_limits.h"
#include "io/race.h"

namespace mortise::proxy {
namespace {

// How long an address asked for on demand is kept without use.
constexpr auto kKeepUnused = std::chrono::minutes(15);
// Fewer that ended are not worth a look at the whole heap.
constexpr std::size_t kManyEnded = 50;

}  // namespace

Worker::Worker(io::Loop& on, io::Network& network_used, Log& log_used, Self self_served,
               Limits limits_used)
    : loop(on),
      network(network_used),
      log(log_used),
      self(std::move(self_served)),
      limits(limits_used),
      edges(limits.edges),
      legs(loop, network, limits, edges),
      balancer(loop.random()),
      ending(loop),
      changed(loop) {}

void Worker::use(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  destinations_.clear();
  changed.pulse();
}

void Worker::use(std::shared_ptr<const Identity> identity) {
  identity_ = std::move(identity);
  legs.sweep(identity_->epoch);
  changed.pulse();
}

io::Task<bool> Worker::next_change() {
  co_await changed.opened();  // the caller has the deadline
  co_return true;
}

io::Task<bool> Worker::wait_until_ready() {
  const TimePoint deadline = loop.now() + limits.startup;
  while (!is_ready()) {
    if (!co_await io::before(loop, deadline, next_change())) co_return false;
  }
  co_return true;
}

std::shared_ptr<const Destination> Worker::destination(const SocketAddress& target) {
  note_use(target.ip);
  if (const auto found = destinations_.find(target); found != destinations_.end()) {
    return found->second;
  }
  auto resolved = resolve(*snapshot_, self.namespace_name, target);
  if (resolved == nullptr) return nullptr;
  // A workload's own address has a destination for any port, so a scan would fill the memory.
  if (destinations_.size() >= limits.destinations) destinations_.clear();
  destinations_.emplace(target, resolved);
  return resolved;
}

void Worker::note_use(const IpAddress& address) {
  if (const auto asked = asked_.find(address); asked != asked_.end()) asked->second = loop.now();
}

io::Task<Snapshot::Knowledge> Worker::learn(IpAddress address) {
  using Knowledge = Snapshot::Knowledge;
  note_use(address);
  auto knowledge = snapshot_->knowledge_of(address);
  if (knowledge != Knowledge::must_ask) co_return knowledge;
  if (!asked_.contains(address)) {
    if (asked_.size() >= limits.lookups) co_return Knowledge::must_ask;
    asked_[address] = loop.now();
    ask(address);
  }
  const TimePoint deadline = loop.now() + limits.lookup;
  while (knowledge == Knowledge::must_ask) {
    if (!co_await io::before(loop, deadline, next_change())) break;
    knowledge = snapshot_->knowledge_of(address);
  }
  co_return knowledge;
}

void Worker::tell(std::string_view text) {
  if (lines_left_-- > 0) log.info(text);
}

// What many connections took lies between what is still in use, where the allocator keeps it, and
// each new burst would take other pages.
void Worker::return_memory() {
  // While they are ending it is too early: what the rest leaves would be too little for a look.
  if (connections < std::exchange(connections_seen, connections)) return;
  if (connections > most_connections / 2 || most_connections - connections < kManyEnded) return;
  most_connections = connections;
  return_free_memory();
}

void Worker::tidy() {
  if (lines_left_ < 0) log.info(std::to_string(-lines_left_) + " more lines like these");
  lines_left_ = kLinesPerSecond;
  if (identity_ != nullptr) legs.sweep(identity_->epoch);
  balancer.tidy();
  return_memory();
  std::erase_if(asked_, [&](const auto& entry) {
    const bool unused = loop.now() - entry.second > kKeepUnused;
    if (unused) release(entry.first);
    return unused;
  });
}

}  // namespace mortise::proxy
