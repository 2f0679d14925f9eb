#include "cli/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "manifest/manifest.h"

namespace mortise::cli {
namespace {

using nlohmann::json;

// The text at a path, or "<none>" as kubectl has it.
std::string text_at(const json& object, const char* path) {
  const json::json_pointer pointer(path);
  if (!object.contains(pointer)) return "<none>";
  const json& value = object.at(pointer);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string ports_of(const json& service) {
  std::string text;
  for (const auto& port : service.value(json::json_pointer("/spec/ports"), json::array())) {
    if (!text.empty()) text += ",";
    text += fmt::format("{}/{}", port.value("port", 0), port.value("protocol", "TCP"));
  }
  return text.empty() ? "<none>" : text;
}

struct Column {
  const char* head;
  std::function<std::string(const json&)> cell;
  bool wide_only = false;
};

Column at(const char* head, const char* path) {
  return {head, [path](const json& object) { return text_at(object, path); }};
}

// What each kind shows between its name and its age.
std::vector<Column> columns_of(const std::string& kind) {
  if (kind == "Namespace") {
    return {{"STATUS", [](const json&) { return "Active"; }},
            {"INJECTION",
             [](const json& object) { return text_at(object, "/metadata/labels/istio-injection"); },
             true}};
  }
  if (kind == "Service") {
    return {
        {"TYPE", [](const json&) { return "ClusterIP"; }},
        at("CLUSTER-IP", "/spec/clusterIP"),
        {"PORT(S)", ports_of},
        {"SELECTOR", [](const json& object) { return text_at(object, "/spec/selector"); }, true}};
  }
  if (kind == "PeerAuthentication") return {at("MODE", "/spec/mtls/mode")};
  if (kind == "DestinationRule") return {at("HOST", "/spec/host")};
  return {};
}

std::string age_of(const std::string& created, std::int64_t now_seconds) {
  const auto seconds = manifest::parse_timestamp(created);
  return seconds && *seconds > 0 ? age_words(now_seconds - *seconds) : "<unknown>";
}

bool shows_namespace(const View& view) { return view.all_namespaces && !view.cluster_scoped; }

std::vector<std::string> head_of(const View& view, std::vector<std::string> rest) {
  if (shows_namespace(view)) rest.insert(rest.begin(), "NAMESPACE");
  return rest;
}

json registered_json(const client::WorkloadStatus& status) {
  const auto& workload = status.registered.workload;
  json sidecar;
  if (status.sidecar) {
    sidecar = {{"connected", status.sidecar->connected},
               {"revision", status.sidecar->revision},
               {"synced", status.sidecar->synced},
               {"version", status.sidecar->version},
               {"certificateNotAfter", status.sidecar->certificate_not_after},
               {"certificateTrouble", status.sidecar->certificate_trouble}};
  }
  return {{"namespace", workload.namespace_name},
          {"name", workload.name},
          {"owner", workload.owner_kind + "/" + workload.owner},
          {"address", workload.address.to_string()},
          {"ready", is_ready(status)},
          {"state", status.registered.state},
          {"restarts", status.registered.restarts},
          {"ageSeconds", status.age_seconds},
          {"sidecar", sidecar}};
}

json container_status(const std::string& name, bool ready, int restarts) {
  return {{"name", name}, {"ready", ready}, {"restartCount", restarts}};
}

bool sidecar_ready(const client::WorkloadStatus& pod) {
  return pod.sidecar && pod.sidecar->connected;
}

// The program of a workload that is not ready may still run; its state says so.
bool program_runs(const client::WorkloadStatus& pod) {
  return pod.registered.workload.ready || pod.registered.state == "Running";
}

std::string ready_words(const client::WorkloadStatus& pod) {
  const bool has_sidecar = pod.registered.workload.has_sidecar;
  const int ready = (program_runs(pod) ? 1 : 0) + (has_sidecar && sidecar_ready(pod) ? 1 : 0);
  return fmt::format("{}/{}", ready, has_sidecar ? 2 : 1);
}

}  // namespace

std::string object_table(const std::string& kind, const std::vector<client::Object>& objects,
                         const View& view) {
  std::vector<Column> columns = columns_of(kind);
  std::erase_if(columns, [&](const Column& column) { return column.wide_only && !view.wide; });
  std::vector<std::string> head = head_of(view, {"NAME"});
  for (const auto& column : columns) head.emplace_back(column.head);
  head.emplace_back("AGE");

  Table table(head, 3);
  for (const auto& object : objects) {
    const json parsed = json::parse(object.json, nullptr, false);
    std::vector<std::string> row;
    if (shows_namespace(view)) row.push_back(object.ref.namespace_name);
    row.push_back(object.ref.name);
    for (const auto& column : columns) row.push_back(column.cell(parsed));
    row.push_back(age_of(object.created, view.now_seconds));
    table.add(std::move(row));
  }
  return table.to_string();
}

std::string pod_table(const std::vector<client::WorkloadStatus>& pods, const View& view) {
  auto head = head_of(view, {"NAME", "READY", "STATUS", "RESTARTS", "AGE"});
  if (view.wide) head.insert(head.end(), {"IP", "OWNER", "SERVICE-ACCOUNT"});
  Table table(head, 3);
  for (const auto& pod : pods) {
    const auto& workload = pod.registered.workload;
    std::vector<std::string> row;
    if (shows_namespace(view)) row.push_back(workload.namespace_name);
    row.insert(row.end(), {workload.name, ready_words(pod), pod.registered.state,
                           std::to_string(pod.registered.restarts), age_words(pod.age_seconds)});
    if (view.wide) {
      row.insert(row.end(), {workload.address.to_string(),
                             workload.owner_kind + "/" + workload.owner, workload.service_account});
    }
    table.add(std::move(row));
  }
  return table.to_string();
}

std::string deployment_table(const std::vector<client::Object>& deployments,
                             const std::vector<client::WorkloadStatus>& pods, const View& view) {
  Table table(head_of(view, {"NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"}), 3);
  for (const auto& deployment : deployments) {
    const json parsed = json::parse(deployment.json, nullptr, false);
    const int wanted = parsed.value(json::json_pointer("/spec/replicas"), 1);
    int there = 0;
    int ready = 0;
    for (const auto& pod : pods) {
      const auto& workload = pod.registered.workload;
      if (workload.owner_kind != "Deployment" || workload.owner != deployment.ref.name ||
          workload.namespace_name != deployment.ref.namespace_name) {
        continue;
      }
      ++there;
      if (workload.ready) ++ready;
    }
    std::vector<std::string> row;
    if (shows_namespace(view)) row.push_back(deployment.ref.namespace_name);
    row.insert(row.end(),
               {deployment.ref.name, fmt::format("{}/{}", ready, wanted), std::to_string(there),
                std::to_string(ready), age_of(deployment.created, view.now_seconds)});
    table.add(std::move(row));
  }
  return table.to_string();
}

std::string list_json(const std::vector<std::string>& objects, bool single) {
  json items = json::array();
  for (const auto& object : objects) items.push_back(json::parse(object, nullptr, false));
  if (single && items.size() == 1) return items.front().dump();
  const json list = {{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}};
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pod_json(const client::WorkloadStatus& pod) {
  const auto& workload = pod.registered.workload;
  json containers = json::array();
  containers.push_back(
      container_status(workload.owner, program_runs(pod), pod.registered.restarts));
  if (workload.has_sidecar) {
    containers.push_back(container_status("istio-proxy", sidecar_ready(pod), 0));
  }
  const json object = {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata",
       {{"name", workload.name},
        {"namespace", workload.namespace_name},
        {"labels", workload.labels},
        {"ownerReferences",
         json::array({{{"kind", workload.owner_kind}, {"name", workload.owner}}})}}},
      {"spec", {{"serviceAccountName", workload.service_account}}},
      {"status",
       {{"phase", pod.registered.state},
        {"podIP", workload.address.to_string()},
        {"containerStatuses", containers}}}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_ready(const client::WorkloadStatus& status) {
  const auto& workload = status.registered.workload;
  return workload.ready && (!workload.has_sidecar || sidecar_ready(status));
}

std::string status_json(const client::MeshStatus& status,
                        const std::vector<client::WorkloadStatus>& workloads, HostStatus host) {
  json rows = json::array();
  for (const auto& workload : workloads) rows.push_back(registered_json(workload));
  const json object = {{"version", status.version},
                       {"revision", status.revision},
                       {"uptimeSeconds", status.uptime_seconds},
                       {"trustDomain", status.trust_domain},
                       {"rootNotAfter", status.root_not_after},
                       {"settings", status.settings},
                       {"rootless", host.rootless},
                       {"supervisorRunning", host.supervised},
                       {"proxies",
                        {{"total", status.proxies_total},
                         {"connected", status.proxies_connected},
                         {"synced", status.proxies_synced}}},
                       {"workloads", rows}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

model::Labels labels_of(const client::Object& object) {
  const json parsed = json::parse(object.json, nullptr, false);
  model::Labels labels;
  const json written = parsed.value(json::json_pointer("/metadata/labels"), json::object());
  for (const auto& [name, value] : written.items()) {
    if (value.is_string()) labels[name] = value.get<std::string>();
  }
  return labels;
}

std::string mtls_table(const Resource& resource, const client::MtlsRule& rule, bool wide) {
  std::vector<std::string> head{"Policy", "Targets", "MtlsMode"};
  if (wide) head.insert(head.end(), {"Scope", "Source"});
  Table table(head, 2);
  for (const auto& row : rule.rows) {
    std::vector<std::string> cells{row.policy, fmt::format("[{}]", fmt::join(row.targets, " ")),
                                   row.mode};
    if (wide) cells.insert(cells.end(), {row.scope, row.source});
    table.add(std::move(cells));
  }
  return "mTLS rule for " + resource.heading() + "\n\n" + table.to_string();
}

std::string mtls_json(const client::MtlsRule& rule) {
  json rows = json::array();
  for (const auto& row : rule.rows) {
    rows.push_back({{"policy", row.policy}, {"targets", row.targets}, {"mtlsMode", row.mode}});
  }
  return rows.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace mortise::cli
