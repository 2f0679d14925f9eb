#include "control/api/changing.h"
#include "control/api/exchange.h"
#include "control/api/resources.h"
#include "control/registry/mesh_settings.h"

namespace mortise::control::api {
namespace {

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Json count_proxies(const Parts& parts) {
  int total = 0;
  int connected = 0;
  int synced = 0;
  for (const auto& [key, record] : parts.registry.workloads()) {
    if (!record.workload.has_sidecar) continue;
    ++total;
    const auto state = parts.hub.state(key);
    connected += state && state->connected ? 1 : 0;
    synced += state && state->synced ? 1 : 0;
  }
  return {{"total", total}, {"connected", connected}, {"synced", synced}};
}

}  // namespace

Answer get_status(Parts& parts, http::Request) {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(parts.loop.now() - parts.started);
  co_return respond(Json{{"version", MORTISE_VERSION},
                         {"revision", parts.registry.revision()},
                         {"uptime_seconds", uptime.count()},
                         {"trust_domain", parts.registry.settings().trust_domain},
                         {"root_not_after", unix_seconds(parts.ca.root().not_after())},
                         {"settings", registry::settings_in_force(parts.registry)},
                         {"proxies", count_proxies(parts)}});
}

}  // namespace mortise::control::api
