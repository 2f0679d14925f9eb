#include "proxy/outbound/leg_pool.h"

#include <utility>

namespace mortise::proxy {

// What an exchange holds: the leg's own stream, and the way back into the pool.
class LegPool::Stream final : public LegStream {
 public:
  Stream(LegPool& pool, Legs& legs, Legs::iterator pooled)
      : pool_(pool), legs_(legs), pooled_(pooled), inner_(pooled->leg->open_stream()) {}
  ~Stream() override {
    inner_.reset();
    pool_.give_back(legs_, pooled_);
  }
  io::Stream& bytes() override { return inner_->bytes(); }
  void reuse() override { inner_->reuse(); }

 private:
  LegPool& pool_;
  Legs& legs_;
  Legs::iterator pooled_;
  std::unique_ptr<LegStream> inner_;
};

bool LegPool::too_old(const Pooled& pooled) const {
  const auto limit = pooled.mutual_tls ? limits_.idle_mutual_leg : limits_.idle_plain_leg;
  return loop_.now() - pooled.idle_since > limit;
}

io::Task<std::expected<LegPool::Opened, DialFailure>> LegPool::open(
    const Endpoint& endpoint, std::shared_ptr<const Identity> identity) {
  // References into the map stay valid while it grows, and pools with legs are never erased.
  Legs& legs = pools_[endpoint.pool_key];
  for (auto next = legs.end(); next != legs.begin();) {
    const auto pooled = --next;
    if (pooled->epoch != identity->epoch || too_old(*pooled)) continue;
    if (pooled->leg->can_open_stream()) co_return take(legs, pooled);
  }
  auto stream = co_await dial(loop_, network_, limits_, endpoint.http, identity);
  if (!stream) co_return std::unexpected(std::move(stream).error());
  CountedConnection counted(edges_.use(established(endpoint.edge, (*stream)->tls(), "http")));
  Legs& home = pools_[endpoint.pool_key];  // looked up again: it may have been empty meanwhile
  home.push_back(Pooled{make_exclusive_leg(*std::move(stream)), identity->epoch,
                        endpoint.http.mutual_tls, loop_.now(), std::move(counted)});
  co_return take(home, std::prev(home.end()));
}

LegPool::Opened LegPool::take(Legs& legs, Legs::iterator pooled) {
  auto edge = pooled->counted.edge().again();
  return {std::make_unique<Stream>(*this, legs, pooled), std::move(edge)};
}

void LegPool::give_back(Legs& legs, Legs::iterator pooled) {
  if (pooled->leg->closed()) {
    legs.erase(pooled);
    return;
  }
  pooled->idle_since = loop_.now();
  legs.splice(legs.end(), legs, pooled);
  if (legs.size() <= limits_.idle_legs) return;
  // Some may be busy; those are kept, the first idle one goes.
  for (auto oldest = legs.begin(); oldest != legs.end(); ++oldest) {
    if (!oldest->leg->can_open_stream()) continue;
    legs.erase(oldest);
    return;
  }
}

void LegPool::sweep(std::uint64_t identity_epoch) {
  for (auto next = pools_.begin(); next != pools_.end();) {
    const auto pool = next++;
    for (auto leg = pool->second.begin(); leg != pool->second.end();) {
      const auto pooled = leg++;
      const bool idle = pooled->leg->can_open_stream();
      const bool outdated = pooled->epoch != identity_epoch || too_old(*pooled);
      if (pooled->leg->closed() || (idle && outdated)) pool->second.erase(pooled);
    }
    if (pool->second.empty()) pools_.erase(pool);
  }
}

std::size_t LegPool::size() const {
  std::size_t legs = 0;
  for (const auto& [key, pool] : pools_) legs += pool.size();
  return legs;
}

}  // namespace mortise::proxy
