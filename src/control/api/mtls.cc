#include "control/api/changing.h"
#include "control/api/resources.h"
#include "control/registry/mtls_change.h"
#include "control/registry/mtls_rule.h"

namespace mortise::control::api {
namespace {

using registry::MtlsAction;
using registry::MtlsResource;
using registry::Registry;

Json to_json(const registry::MtlsRule& rule) {
  auto rows = Json::array();
  for (const auto& row : rule.rows) {
    rows.push_back({{"policy", row.policy},
                    {"targets", row.targets},
                    {"mtlsMode", row.mode},
                    {"scope", row.scope},
                    {"source", row.source}});
  }
  return {{"rule", rule.rule}, {"rows", std::move(rows)}};
}

struct Verb {
  MtlsResource resource;
  MtlsAction action = MtlsAction::allow;
  std::string reason;
  bool force = false;
  Duration wait{};
};

Result<Verb> parse_verb(const http::Request& request) {
  TRY(const auto body, parse_body(request));
  Verb verb;
  TRY(const auto resource, text_of(body, "resource"));
  TRY(verb.resource, registry::parse_mtls_resource(resource));
  TRY(const auto action, text_of(body, "action"));
  TRY(verb.action, registry::parse_mtls_action(action));
  TRY(verb.reason, text_of(body, "reason"));
  TRY(verb.force, flag_of(body, "force"));
  TRY(verb.wait, wait_of(body));
  return verb;
}

Result<registry::MtlsRule> rule_for(const Registry& registry, const std::string& text) {
  TRY(const auto resource, registry::parse_mtls_resource(text));
  return registry::mtls_rule(resource, registry);
}

std::string message_of(const Verb& verb, bool changed) {
  if (changed || verb.action != MtlsAction::unset) {
    return registry::mtls_message(verb.resource, verb.action);
  }
  return verb.resource.rule_name() + " has no policy of its own: nothing was unset";
}

}  // namespace

Answer get_mtls(Parts& parts, http::Request request) {
  const auto rule = rule_for(parts.registry, query_text(request, "resource"));
  if (!rule) co_return respond(rule.error());
  co_return respond(to_json(*rule));
}

Answer post_mtls(Parts& parts, http::Request request) {
  const auto verb = parse_verb(request);
  if (!verb) co_return respond(verb.error());
  auto planner = [&parts, verb = *verb,
                  asked = asked_by(request, parts.loop, verb->reason, verb->force)](
                     const Registry& registry) {
    return registry::plan_mtls(registry, verb.resource, verb.action, asked, parts.loop.random());
  };
  const auto changed = co_await change(parts, std::move(planner), verb->wait);
  if (!changed) co_return respond(changed.error());
  const auto rule = registry::mtls_rule(verb->resource, parts.registry);
  if (!rule) co_return respond(rule.error());
  auto json = api::to_json(*changed);
  json.update(to_json(*rule));
  json["message"] = message_of(*verb, changed->done.changed);
  co_return respond(json);
}

}  // namespace mortise::control::api
