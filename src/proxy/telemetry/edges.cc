#include "proxy/telemetry/edges.h"

namespace mortise::proxy {
namespace {

// Reports are a second apart: an edge without traffic is remembered for ten minutes.
constexpr int kIdleRounds = 600;

}  // namespace

EdgeKey established(EdgeKey edge, const io::TlsFacts* tls, std::string protocol) {
  edge.protocol = std::move(protocol);
  if (tls == nullptr) {
    edge.security = Security::plain;
    return edge;
  }
  edge.security = Security::mutual_tls;
  edge.peer_identity = tls->peer_identity;
  edge.own_identity = tls->own_identity;
  edge.tls_version = tls->version;
  edge.cipher = tls->cipher;
  edge.group = tls->group;
  return edge;
}

EdgeSums& EdgeTable::Use::nowhere() {
  // What is counted here is never read; per thread, so that workers do not meet in it.
  thread_local EdgeSums sums;
  return sums;
}

EdgeTable::Use EdgeTable::use(const EdgeKey& key) {
  auto found = edges_.find(key);
  if (found == edges_.end()) {
    if (edges_.size() >= limit_) {
      ++dropped_;
      return {};
    }
    found = edges_.emplace(key, Entry{}).first;
  }
  return Use(found->second);
}

std::vector<std::pair<EdgeKey, EdgeSums>> EdgeTable::take() {
  std::vector<std::pair<EdgeKey, EdgeSums>> taken;
  for (auto next = edges_.begin(); next != edges_.end();) {
    const auto edge = next++;
    Entry& entry = edge->second;
    if (entry.sums != EdgeSums{}) {
      taken.emplace_back(edge->first, std::exchange(entry.sums, {}));
      entry.idle_rounds = 0;
    } else if (entry.uses == 0 && ++entry.idle_rounds > kIdleRounds) {
      edges_.erase(edge);
    }
  }
  return taken;
}

}  // namespace mortise::proxy
