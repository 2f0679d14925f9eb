#include <algorithm>
#include <limits>

#include "control/api/changing.h"
#include "control/api/resources.h"
#include "model/names.h"

namespace mortise::control::api {
namespace {

using registry::Registry;
using registry::WorkloadRecord;

constexpr std::size_t kMostPorts = 1000;
constexpr std::size_t kMostTogether = 1000;
constexpr std::size_t kLongestState = 1024;

// The name becomes part of a path, so nothing but a name may get through.
Result<void> parse_key(const std::string& key, model::Workload& workload) {
  const auto slash = key.find('/');
  workload.namespace_name = key.substr(0, slash);
  workload.name = slash == std::string::npos ? std::string() : key.substr(slash + 1);
  if (!model::is_dns_label(workload.namespace_name) || !model::is_dns_subdomain(workload.name)) {
    return fail(Code::invalid, "'" + key + "' is not NAMESPACE/NAME of a workload");
  }
  return {};
}

Result<std::uint32_t> small_number(const Json& json, const char* name, std::int64_t largest) {
  TRY(const auto number, number_of(json, name));
  if (number < 0 || number > largest) {
    return fail(Code::invalid, std::string("the field ") + name + " is out of range");
  }
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<model::ContainerPort>> parse_ports(const Json& body) {
  std::vector<model::ContainerPort> ports;
  const auto list = body.find("ports");
  if (list == body.end() || list->is_null()) return ports;
  if (!list->is_array() || list->size() > kMostPorts) {
    return fail(Code::invalid, "the field ports must be a list of at most 1000");
  }
  for (const auto& entry : *list) {
    if (!entry.is_object()) return fail(Code::invalid, "each of ports must be an object");
    model::ContainerPort port;
    TRY(port.name, text_of(entry, "name"));
    TRY(const auto number, small_number(entry, "port", 65535));
    port.port = static_cast<std::uint16_t>(number);
    ports.push_back(std::move(port));
  }
  return ports;
}

Result<void> parse_identity(const Json& body, model::Workload& workload) {
  TRY(workload.owner, text_of(body, "owner", workload.name));
  TRY(workload.owner_kind, text_of(body, "owner_kind", "Pod"));
  TRY(workload.service_account, text_of(body, "service_account", "default"));
  if (!model::is_dns_subdomain(workload.service_account)) {
    return fail(Code::invalid, "the field service_account is not a name");
  }
  TRY(workload.has_sidecar, flag_of(body, "has_sidecar"));
  TRY(workload.sidecar_uid,
      small_number(body, "sidecar_uid", std::numeric_limits<std::uint32_t>::max() - 1));
  TRY(workload.tls_mode, text_of(body, "tls_mode"));
  return {};
}

Result<WorkloadRecord> parse_record(const std::string& key, const Json& body) {
  WorkloadRecord record;
  auto& workload = record.workload;
  CHECK_OK(parse_key(key, workload));
  CHECK_OK(parse_identity(body, workload));
  TRY(workload.labels, texts_of(body, "labels"));
  TRY(workload.ports, parse_ports(body));
  TRY(workload.ready, flag_of(body, "ready"));
  TRY(const auto address, text_of(body, "address"));
  TRY(workload.address, IpAddress::parse(address));
  TRY(record.state, text_of(body, "state"));
  record.state.resize(std::min(record.state.size(), kLongestState));
  TRY(const auto restarts, small_number(body, "restarts", std::numeric_limits<int>::max()));
  record.restarts = static_cast<int>(restarts);
  return record;
}

Json sidecar_of(const Parts& parts, const model::Workload& workload) {
  if (!workload.has_sidecar) return nullptr;
  const auto state = parts.hub.state(workload.key()).value_or(discovery::ProxyState{});
  const auto reports = parts.edges.reports().find(workload.key());
  const bool reported = reports != parts.edges.reports().end();
  return {{"connected", state.connected},
          {"revision", state.revision},
          {"synced", state.synced},
          {"version", state.version},
          {"rejected", state.rejected},
          {"certificate_not_after", reported ? reports->second.certificate_not_after : 0},
          {"certificate_trouble", reported ? reports->second.certificate_trouble : ""}};
}

Json to_json(const Parts& parts, const WorkloadRecord& record, std::int64_t now) {
  const auto& workload = record.workload;
  auto ports = Json::array();
  for (const auto& port : workload.ports) {
    ports.push_back({{"name", port.name}, {"port", port.port}});
  }
  return {{"namespace", workload.namespace_name},
          {"name", workload.name},
          {"owner", workload.owner},
          {"owner_kind", workload.owner_kind},
          {"service_account", workload.service_account},
          {"labels", workload.labels},
          {"address", workload.address.to_string()},
          {"ports", std::move(ports)},
          {"has_sidecar", workload.has_sidecar},
          {"sidecar_uid", workload.sidecar_uid},
          {"tls_mode", workload.tls_mode},
          {"ready", workload.ready},
          {"state", record.state},
          {"restarts", record.restarts},
          {"age_seconds", std::max<std::int64_t>(0, now - record.created_seconds)},
          {"sidecar", sidecar_of(parts, workload)}};
}

// A sidecar that could not reach us must not be registered as if it could.
Result<WorkloadRecord> parse_reachable(const Parts& parts, const std::string& key,
                                       const Json& body) {
  TRY(auto record, parse_record(key, body));
  if (record.workload.has_sidecar) CHECK_OK(parts.sockets.check_directory(record.workload));
  return record;
}

Result<std::vector<WorkloadRecord>> parse_one(const Parts& parts, const http::Request& request,
                                              const std::string& key) {
  TRY(const auto body, parse_body(request));
  TRY(auto record, parse_reachable(parts, key, body));
  return std::vector{std::move(record)};
}

Result<std::vector<WorkloadRecord>> parse_items(const Parts& parts, const http::Request& request) {
  TRY(const auto body, parse_body(request));
  const auto items = body.find("items");
  if (items == body.end() || !items->is_array() || items->size() > kMostTogether) {
    return fail(Code::invalid, "the field items must be a list of at most 1000");
  }
  std::vector<WorkloadRecord> records;
  for (const auto& item : *items) {
    if (!item.is_object()) return fail(Code::invalid, "each of items must be an object");
    TRY(const auto namespace_name, text_of(item, "namespace"));
    TRY(const auto name, text_of(item, "name"));
    auto record = parse_reachable(parts, namespace_name + "/" + name, item);
    if (!record) return std::unexpected(record.error().during(namespace_name + "/" + name));
    records.push_back(*std::move(record));
  }
  return records;
}

Answer register_all(Parts& parts, std::vector<WorkloadRecord> records, registry::Asked asked) {
  std::vector<std::string> keys;
  keys.reserve(records.size());
  for (const auto& record : records) keys.push_back(record.workload.key());
  auto planner = [records = std::move(records), asked](const Registry& registry) mutable {
    return registry::plan_workloads(registry, std::move(records), asked);
  };
  const auto changed = co_await change(parts, std::move(planner), Duration::zero());
  if (!changed) co_return respond(changed.error());
  for (const auto& key : keys) {
    auto ensured = parts.sockets.ensure(key);
    if (!ensured) co_return respond(ensured.error().during(key));
  }
  co_return respond(Json{{"revision", changed->done.revision}});
}

}  // namespace

Answer put_workload(Parts& parts, http::Request request, std::string key) {
  auto records = parse_one(parts, request, key);
  if (!records) co_return respond(records.error());
  co_return co_await register_all(parts, *std::move(records), asked_by(request, parts.loop));
}

Answer put_workloads(Parts& parts, http::Request request) {
  auto records = parse_items(parts, request);
  if (!records) co_return respond(records.error());
  co_return co_await register_all(parts, *std::move(records), asked_by(request, parts.loop));
}

Answer delete_workload(Parts& parts, http::Request request, std::string key) {
  auto planner = [key, asked = asked_by(request, parts.loop)](const Registry& registry) {
    return registry::plan_workload_removal(registry, key, asked);
  };
  const auto changed = co_await change(parts, std::move(planner), Duration::zero());
  if (!changed) co_return respond(changed.error());
  parts.edges.forget_proxy(key);
  co_return respond(Json{{"revision", changed->done.revision}});
}

Answer get_workloads(Parts& parts, http::Request request) {
  const auto namespace_name = query_text(request, "namespace");
  const auto now = asked_by(request, parts.loop).seconds;
  auto items = Json::array();
  for (const auto& [key, record] : parts.registry.workloads()) {
    if (!namespace_name.empty() && record.workload.namespace_name != namespace_name) continue;
    items.push_back(to_json(parts, record, now));
  }
  co_return respond(Json{{"items", std::move(items)}});
}

}  // namespace mortise::control::api
