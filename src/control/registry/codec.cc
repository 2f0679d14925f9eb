#include "control/registry/codec.h"

#include <nlohmann/json.hpp>

#include "control/registry/registry.h"

namespace mortise::control::registry {
namespace {

using Json = nlohmann::json;

Json ports_to_json(const std::vector<model::ContainerPort>& ports) {
  auto list = Json::array();
  for (const auto& port : ports) list.push_back({{"name", port.name}, {"port", port.port}});
  return list;
}

WorkloadRecord workload_from_json(const Json& json) {
  WorkloadRecord record;
  auto& workload = record.workload;
  workload.namespace_name = json.at("namespace");
  workload.name = json.at("name");
  workload.owner = json.at("owner");
  workload.owner_kind = json.at("owner_kind");
  workload.service_account = json.at("service_account");
  workload.labels = json.at("labels").get<model::Labels>();
  for (const auto& port : json.at("ports")) {
    workload.ports.push_back({port.at("name"), port.at("port")});
  }
  workload.has_sidecar = json.at("has_sidecar");
  workload.tls_mode = json.at("tls_mode");
  workload.sidecar_uid = json.at("sidecar_uid");
  workload.ready = json.at("ready");
  record.state = json.at("state");
  record.restarts = json.at("restarts");
  record.created_seconds = json.at("created_seconds");
  return record;
}

Json content_or_null(const manifest::Object* object) {
  return object ? Json::parse(object->content, nullptr, false) : Json();
}

// What `mtls history` shows and `undo` needs: every object before and after.
std::string difference_of(const Change& change, const Registry& before) {
  auto list = Json::array();
  for (const auto& object : change.put) {
    list.push_back({{"ref", object.ref().to_string()},
                    {"before", content_or_null(before.find(object.ref()))},
                    {"after", content_or_null(&object)}});
  }
  for (const auto& ref : change.removed) {
    list.push_back({{"ref", ref.to_string()},
                    {"before", content_or_null(before.find(ref))},
                    {"after", Json()}});
  }
  for (const auto& [key, value] : change.settings) {
    const auto old = before.plain_settings().find(key);
    list.push_back({{"setting", key},
                    {"before", old == before.plain_settings().end() ? Json() : Json(old->second)},
                    {"after", value}});
  }
  return list.empty() ? std::string() : list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<manifest::Object> restore_object(const store::StoredObject& stored) {
  auto object = manifest::restore(stored.content);
  if (!object) {
    return std::unexpected(object.error().during("store: " + stored.ref.to_string()));
  }
  auto& meta = object->meta();
  meta.created_seconds = stored.created_seconds;
  meta.created_order = stored.created_order;
  meta.origin = stored.origin;
  return object;
}

std::string encode_workload(const WorkloadRecord& record) {
  const auto& workload = record.workload;
  const Json json = {{"namespace", workload.namespace_name},
                     {"name", workload.name},
                     {"owner", workload.owner},
                     {"owner_kind", workload.owner_kind},
                     {"service_account", workload.service_account},
                     {"labels", workload.labels},
                     {"address", workload.address.to_string()},
                     {"ports", ports_to_json(workload.ports)},
                     {"has_sidecar", workload.has_sidecar},
                     {"tls_mode", workload.tls_mode},
                     {"sidecar_uid", workload.sidecar_uid},
                     {"ready", workload.ready},
                     {"state", record.state},
                     {"restarts", record.restarts},
                     {"created_seconds", record.created_seconds}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<WorkloadRecord> decode_workload(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    auto record = workload_from_json(json);
    TRY(record.workload.address, IpAddress::parse(json.at("address").get<std::string>()));
    return record;
  } catch (const Json::exception& problem) {  // the library's edge
    return fail(Code::invalid, std::string("store: a workload cannot be read: ") + problem.what());
  }
}

store::Change to_stored(const Change& change, const Registry& before) {
  store::Change stored;
  for (const auto& object : change.put) {
    const auto& meta = object.meta();
    stored.put.push_back(
        {meta.ref, object.content, meta.created_seconds, meta.created_order, meta.origin});
  }
  stored.removed = change.removed;
  for (const auto& record : change.put_workloads) {
    stored.put_workloads[record.workload.key()] = encode_workload(record);
  }
  stored.removed_workloads = change.removed_workloads;
  for (const auto& [key, address] : change.put_addresses) {
    stored.put_addresses[key] = address.to_string();
  }
  stored.removed_addresses = change.removed_addresses;
  stored.settings = change.settings;
  stored.seconds = change.seconds;
  stored.author = change.author;
  stored.reason = change.reason;
  stored.difference = difference_of(change, before);
  return stored;
}

}  // namespace mortise::control::registry
