#include "proxy/outbound/balance.h"

#include <algorithm>

namespace mortise::proxy {
namespace {

constexpr std::size_t kManyEndpoints = 1024;

}  // namespace

const Endpoint* Balancer::choose(std::span<const Endpoint> endpoints,
                                 std::span<const Endpoint* const> tried) {
  const auto untried = [&](const Endpoint& endpoint) {
    return std::ranges::find(tried, &endpoint) == tried.end();
  };
  auto candidates = static_cast<std::size_t>(std::ranges::count_if(endpoints, untried));
  const bool everyone = candidates == 0;
  if (everyone) candidates = endpoints.size();
  if (candidates == 0) return nullptr;
  const auto nth = [&](std::size_t index) {
    for (const Endpoint& endpoint : endpoints) {
      if ((everyone || untried(endpoint)) && index-- == 0) return &endpoint;
    }
    return static_cast<const Endpoint*>(nullptr);
  };
  const auto first = random_.below(candidates);
  if (candidates == 1) return nth(first);
  // Two different ones: the second draw leaves the first out.
  auto second = random_.below(candidates - 1);
  if (second >= first) ++second;
  const Endpoint* one = nth(first);
  const Endpoint* other = nth(second);
  return active(*other) < active(*one) ? other : one;
}

ActiveRequest Balancer::begin(const Endpoint& endpoint) {
  return ActiveRequest(active_[endpoint.address]);
}

int Balancer::active(const Endpoint& endpoint) const {
  const auto found = active_.find(endpoint.address);
  return found != active_.end() ? found->second : 0;
}

void Balancer::tidy() {
  if (active_.size() < kManyEndpoints) return;
  std::erase_if(active_, [](const auto& entry) { return entry.second == 0; });
}

}  // namespace mortise::proxy
