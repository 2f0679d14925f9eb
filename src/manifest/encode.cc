// Model values into the objects that a person would have written for them.
#include <nlohmann/json.hpp>
#include <utility>

#include "manifest/kinds.h"
#include "manifest/manifest.h"

namespace mortise::manifest {

namespace {

using Json = nlohmann::json;

// An own spelling of DISABLE does not exist: no peers (P-8).
Json peers_of(model::MtlsMode mode) {
  Json peers = Json::array();
  if (mode == model::MtlsMode::strict) peers.push_back({{"mtls", Json::object()}});
  if (mode == model::MtlsMode::permissive) peers.push_back({{"mtls", {{"mode", "PERMISSIVE"}}}});
  return peers;
}

Json mode_of(std::optional<model::MtlsMode> mode) {
  return {{"mode", mode ? std::string(model::to_string(*mode)) : "UNSET"}};
}

Json spec_of(const model::LegacyPolicy& policy) {
  Json spec = Json::object();
  for (const auto& target : policy.targets) {
    Json entry = {{"name", target.service}};
    for (const auto& port : target.ports) {
      if (const auto* const number = std::get_if<std::uint16_t>(&port)) {
        entry["ports"].push_back({{"number", *number}});
      } else {
        entry["ports"].push_back({{"name", std::get<std::string>(port)}});
      }
    }
    spec["targets"].push_back(std::move(entry));
  }
  if (policy.mode != model::MtlsMode::disable) spec["peers"] = peers_of(policy.mode);
  return spec;
}

Json spec_of(const model::PeerAuthentication& policy) {
  Json spec = Json::object();
  if (!policy.selector.empty()) spec["selector"]["matchLabels"] = policy.selector;
  if (policy.mode) spec["mtls"] = mode_of(policy.mode);
  for (const auto& [port, mode] : policy.port_modes) {
    spec["portLevelMtls"][std::to_string(port)] = mode_of(mode);
  }
  return spec;
}

Json spec_of(const MeshConfig& config) {
  const auto& settings = config.settings;
  Json spec = {{"enableAutoMtls", settings.auto_mtls},
               {"trustDomain", settings.trust_domain},
               {"rootNamespace", settings.root_namespace},
               {"clusterDomain", settings.cluster_domain}};
  if (!settings.trust_domain_aliases.empty()) {
    spec["trustDomainAliases"] = settings.trust_domain_aliases;
  }
  return spec;
}

Json spec_of(const model::Namespace& /*value*/) { return nullptr; }

template <class Any>
Json spec_of(const Any& /*value*/) {
  return Json::value_t::discarded;
}

Json metadata_of(const model::Meta& meta) {
  Json json = {{"name", meta.ref.name}};
  if (!meta.ref.namespace_name.empty()) json["namespace"] = meta.ref.namespace_name;
  if (!meta.labels.empty()) json["labels"] = meta.labels;
  if (!meta.annotations.empty()) json["annotations"] = meta.annotations;
  return json;
}

// Reads what was written, so that the value and its content cannot differ.
Result<Object> reread(const Json& json, const model::Meta& meta) {
  TRY(auto object, restore(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
  object.meta().created_seconds = meta.created_seconds;
  object.meta().created_order = meta.created_order;
  object.meta().origin = meta.origin;
  return object;
}

}  // namespace

Result<Object> make_object(Value value) {
  const auto& meta =
      std::visit([](const auto& held) -> const model::Meta& { return held.meta; }, value);
  const auto* const kind = find_kind(meta.ref.kind);
  const Json spec = std::visit([](const auto& held) { return spec_of(held); }, value);
  if (kind == nullptr || spec.is_discarded()) {
    return fail(Code::invalid, "no way to write a " + meta.ref.kind + " is known");
  }
  Json json = {{"apiVersion", std::string(kind->api_versions.front())},
               {"kind", meta.ref.kind},
               {"metadata", metadata_of(meta)}};
  if (!spec.is_null()) json["spec"] = spec;
  return reread(json, meta);
}

Result<Object> with_mode(const Object& object, model::MtlsMode mode) {
  Json json = Json::parse(object.content, nullptr, false);
  if (json.is_discarded()) return fail(Code::invalid, "this object has no content");
  auto& spec = json["spec"];
  if (!spec.is_object()) spec = Json::object();
  if (std::holds_alternative<model::LegacyPolicy>(object.value)) {
    Json peers = peers_of(mode);
    for (const auto& peer : spec.value("peers", Json::array())) {
      if (peer.is_object() && !peer.contains("mtls")) peers.push_back(peer);
    }
    spec.erase("peers");
    if (!peers.empty()) spec["peers"] = std::move(peers);
  } else if (std::holds_alternative<model::PeerAuthentication>(object.value)) {
    spec["mtls"] = mode_of(mode);
  } else {
    return fail(Code::invalid, object.ref().to_string() + " has no mTLS mode");
  }
  return reread(json, object.meta());
}

}  // namespace mortise::manifest
