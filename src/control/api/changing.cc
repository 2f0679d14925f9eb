#include "control/api/changing.h"

namespace mortise::control::api {

io::Task<std::expected<Changed, registry::Refusal>> change(Parts& parts,
                                                           registry::Writer::Planner planner,
                                                           Duration wait) {
  auto outcome = co_await parts.writer.change(std::move(planner));
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  Changed changed{*std::move(outcome), std::nullopt};
  if (changed.done.changed && wait > Duration::zero()) {
    changed.receipt = co_await parts.hub.receipt(changed.done.revision, wait);
  }
  co_return changed;
}

Json to_json(const Changed& changed) {
  auto objects = Json::array();
  for (const auto& object : changed.done.objects) {
    objects.push_back({{"ref", object.ref}, {"action", object.action}});
  }
  Json json = {{"revision", changed.done.revision},
               {"objects", std::move(objects)},
               {"notes", changed.done.notes}};
  if (changed.receipt) json["receipt"] = to_json(*changed.receipt);
  return json;
}

}  // namespace mortise::control::api
