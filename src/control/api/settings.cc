#include "control/api/changing.h"
#include "control/api/resources.h"
#include "control/registry/mesh_settings.h"

namespace mortise::control::api {
namespace {

constexpr Duration kReceiptWait = std::chrono::seconds(10);

// The body is the map itself: {"global.mtls.auto": "false"}.
Result<std::map<std::string, std::string>> parse(const http::Request& request) {
  TRY(auto body, parse_body(request));
  return texts_of(Json{{"settings", std::move(body)}}, "settings");
}

}  // namespace

Answer put_settings(Parts& parts, http::Request request) {
  auto settings = parse(request);
  if (!settings) co_return respond(settings.error());
  auto planner = [settings = *std::move(settings),
                  asked = asked_by(request, parts.loop)](const registry::Registry& registry) {
    return registry::plan_settings(registry, settings, asked);
  };
  const auto changed = co_await change(parts, std::move(planner), kReceiptWait);
  if (!changed) co_return respond(changed.error());
  Json json = {{"revision", changed->done.revision}};
  if (changed->receipt) json["receipt"] = to_json(*changed->receipt);
  co_return respond(json);
}

}  // namespace mortise::control::api
