#include "client/codec.h"

#include "client/json.h"

namespace mortise::client {

namespace {

std::optional<Receipt> receipt_of(const Json& from) {
  const auto& json = member(from, "receipt");
  if (!json.is_object()) return std::nullopt;
  return Receipt{.applied = number<int>(json, "applied"),
                 .total = number<int>(json, "total"),
                 .milliseconds = number<std::int64_t>(json, "ms"),
                 .lagging = texts(json, "lagging")};
}

Json files_of(const std::vector<SourceFile>& files) {
  auto list = Json::array();
  for (const auto& file : files) list.push_back({{"name", file.name}, {"text", file.text}});
  return list;
}

std::vector<model::ContainerPort> ports_of(const Json& from) {
  std::vector<model::ContainerPort> ports;
  const auto& list = member(from, "ports");
  if (!list.is_array()) return ports;
  for (const auto& port : list)
    ports.push_back({.name = text(port, "name"), .port = number<std::uint16_t>(port, "port")});
  return ports;
}

model::Workload workload_of(const Json& json) {
  model::Workload workload;
  workload.namespace_name = text(json, "namespace");
  workload.name = text(json, "name");
  workload.owner = text(json, "owner");
  workload.owner_kind = text(json, "owner_kind");
  workload.service_account = text(json, "service_account");
  workload.labels = texts_by_key(json, "labels");
  // An address that cannot be read stays 0.0.0.0, which nobody dials.
  if (const auto address = IpAddress::parse(text(json, "address"))) workload.address = *address;
  workload.ports = ports_of(json);
  workload.has_sidecar = flag(json, "has_sidecar");
  workload.tls_mode = text(json, "tls_mode");
  workload.sidecar_uid = number<std::uint32_t>(json, "sidecar_uid");
  workload.ready = flag(json, "ready");
  return workload;
}

std::optional<SidecarStatus> sidecar_of(const Json& from) {
  const auto& json = member(from, "sidecar");
  if (!json.is_object()) return std::nullopt;
  return SidecarStatus{.connected = flag(json, "connected"),
                       .revision = number<std::uint64_t>(json, "revision"),
                       .synced = flag(json, "synced"),
                       .version = text(json, "version"),
                       .certificate_not_after = number<std::int64_t>(json, "certificate_not_after"),
                       .certificate_trouble = text(json, "certificate_trouble")};
}

// The elements of an answer's list; an answer without it is not one.
Result<const Json*> list_of(const Json& json, const char* key) {
  const auto& list = member(json, key);
  if (!list.is_array())
    return fail(Code::bug, std::string("the control plane's answer has no ") + key);
  return &list;
}

Edge edge_of(const Json& json) {
  Edge edge;
  edge.source = text(json, "source");
  edge.destination = text(json, "destination");
  edge.service = text(json, "service");
  edge.port = number<int>(json, "port");
  edge.protocol = text(json, "protocol");
  edge.security = text(json, "security");
  edge.why = text(json, "why");
  edge.mode = text(json, "mode");
  edge.rule = text(json, "rule");
  edge.tls = text(json, "tls");
  edge.cipher = text(json, "cipher");
  edge.group = text(json, "group");
  edge.connections = number<std::int64_t>(json, "connections");
  edge.requests = number<std::int64_t>(json, "requests");
  edge.failed = number<std::int64_t>(json, "failed");
  edge.bytes_sent = number<std::int64_t>(json, "bytes_sent");
  edge.bytes_received = number<std::int64_t>(json, "bytes_received");
  edge.client_id = text(json, "client_id");
  edge.server_id = text(json, "server_id");
  edge.reporter = text(json, "reporter");
  return edge;
}

}  // namespace

Refusal decode_refusal(int status, std::string_view body) {
  Refusal refusal;
  if (const auto json = parse_object(body)) {
    refusal.sentence = text(*json, "error");
    const auto& problems = member(*json, "errors");
    if (problems.is_array()) {
      for (const auto& problem : problems)
        refusal.problems.push_back({.file = text(problem, "file"),
                                    .line = number<int>(problem, "line"),
                                    .field = text(problem, "field"),
                                    .message = text(problem, "message")});
    }
  }
  if (refusal.sentence.empty())
    refusal.sentence = "the control plane answered with status " + std::to_string(status);
  return refusal;
}

std::string encode(const Apply& apply) {
  return dump({{"files", files_of(apply.files)},
               {"namespace", apply.namespace_name},
               {"namespace_given", apply.namespace_given},
               {"dry_run", apply.dry_run},
               {"force", apply.force},
               {"reason", apply.reason},
               {"wait_ms", apply.wait.count()}});
}

std::string encode(const Remove& remove) {
  Json json = {{"reason", remove.reason}, {"wait_ms", remove.wait.count()}};
  json["namespace"] = remove.namespace_name;
  if (remove.kind.empty()) {
    json["files"] = files_of(remove.files);
  } else {
    json["kind"] = remove.kind;
    json["name"] = remove.name;
  }
  return dump(json);
}

std::string encode(const SetMtls& change) {
  return dump({{"resource", change.resource},
               {"action", change.action},
               {"reason", change.reason},
               {"wait_ms", change.wait.count()}});
}

namespace {

Json json_of(const Registration& registration) {
  const auto& workload = registration.workload;
  auto ports = Json::array();
  for (const auto& port : workload.ports)
    ports.push_back({{"name", port.name}, {"port", port.port}});
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
          {"state", registration.state},
          {"restarts", registration.restarts}};
}

}  // namespace

std::string encode(const std::vector<Registration>& registrations) {
  auto items = Json::array();
  for (const auto& registration : registrations) items.push_back(json_of(registration));
  return dump({{"items", std::move(items)}});
}

std::string encode(const RestartSidecar& restart) {
  return dump({{"grace_ms", restart.grace.count()}, {"limit_ms", restart.limit.count()}});
}

std::string encode(const RestartEnd& end) { return dump({{"problem", end.problem}}); }

std::string encode(const std::map<std::string, std::string>& settings) { return dump(settings); }

Result<std::uint64_t> decode_revision(std::string_view body) {
  TRY(const auto json, parse_object(body));
  if (!member(json, "revision").is_number())
    return fail(Code::bug, "the control plane's answer has no revision");
  return number<std::uint64_t>(json, "revision");
}

Result<News> decode_news(std::string_view body) {
  TRY(const auto revision, decode_revision(body));
  TRY(const auto json, parse_object(body));
  return News{.revision = revision, .restarts = number<std::uint64_t>(json, "restarts")};
}

Result<std::vector<Restart>> decode_restarts(std::string_view body) {
  TRY(const auto json, parse_object(body));
  std::vector<Restart> restarts;
  for (const auto& item : member(json, "items"))
    restarts.push_back(
        {.id = number<std::uint64_t>(item, "id"),
         .workload = text(item, "workload"),
         .grace = std::chrono::milliseconds(number<std::int64_t>(item, "grace_ms")),
         .limit = std::chrono::milliseconds(number<std::int64_t>(item, "limit_ms"))});
  return restarts;
}

Result<Change> decode_change(std::string_view body) {
  TRY(const auto json, parse_object(body));
  TRY(const auto* const objects, list_of(json, "objects"));
  Change change;
  change.revision = number<std::uint64_t>(json, "revision");
  for (const auto& object : *objects)
    change.objects.push_back({.ref = text(object, "ref"), .action = text(object, "action")});
  change.notes = texts(json, "notes");
  change.receipt = receipt_of(json);
  return change;
}

Result<std::vector<Object>> decode_objects(std::string_view body) {
  TRY(const auto json, parse_object(body));
  TRY(const auto* const items, list_of(json, "items"));
  std::vector<Object> objects;
  for (const auto& item : *items) {
    const auto& meta = member(item, "metadata");
    objects.push_back({.ref = {.kind = text(item, "kind"),
                               .namespace_name = text(meta, "namespace"),
                               .name = text(meta, "name")},
                       .api_version = text(item, "apiVersion"),
                       .created = text(meta, "creationTimestamp"),
                       .json = dump(item)});
  }
  return objects;
}

Result<std::vector<WorkloadStatus>> decode_workloads(std::string_view body) {
  TRY(const auto json, parse_object(body));
  TRY(const auto* const items, list_of(json, "items"));
  std::vector<WorkloadStatus> workloads;
  for (const auto& item : *items) {
    workloads.push_back({.registered = {.workload = workload_of(item),
                                        .state = text(item, "state"),
                                        .restarts = number<int>(item, "restarts")},
                         .age_seconds = number<std::int64_t>(item, "age_seconds"),
                         .sidecar = sidecar_of(item)});
  }
  return workloads;
}

Result<MeshStatus> decode_status(std::string_view body) {
  TRY(const auto json, parse_object(body));
  const auto& proxies = member(json, "proxies");
  return MeshStatus{.version = text(json, "version"),
                    .revision = number<std::uint64_t>(json, "revision"),
                    .uptime_seconds = number<std::int64_t>(json, "uptime_seconds"),
                    .trust_domain = text(json, "trust_domain"),
                    .root_not_after = number<std::int64_t>(json, "root_not_after"),
                    .settings = texts_by_key(json, "settings"),
                    .proxies_total = number<int>(proxies, "total"),
                    .proxies_connected = number<int>(proxies, "connected"),
                    .proxies_synced = number<int>(proxies, "synced")};
}

Result<SettingsChange> decode_settings(std::string_view body) {
  TRY(const auto json, parse_object(body));
  return SettingsChange{.revision = number<std::uint64_t>(json, "revision"),
                        .receipt = receipt_of(json)};
}

Result<MtlsRule> decode_mtls(std::string_view body) {
  TRY(const auto json, parse_object(body));
  TRY(const auto* const rows, list_of(json, "rows"));
  MtlsRule rule;
  rule.rule = text(json, "rule");
  for (const auto& row : *rows)
    rule.rows.push_back({.policy = text(row, "policy"),
                         .targets = texts(row, "targets"),
                         .mode = text(row, "mtlsMode"),
                         .scope = text(row, "scope"),
                         .source = text(row, "source")});
  rule.message = text(json, "message");
  rule.notes = texts(json, "notes");
  rule.revision = number<std::uint64_t>(json, "revision");
  rule.receipt = receipt_of(json);
  return rule;
}

Result<Edges> decode_edges(std::string_view body) {
  TRY(const auto json, parse_object(body));
  TRY(const auto* const list, list_of(json, "edges"));
  Edges edges;
  for (const auto& edge : *list) edges.edges.push_back(edge_of(edge));
  const auto& reports = member(json, "reports");
  if (reports.is_object()) {
    for (const auto& [proxy, report] : reports.items())
      edges.reports[proxy] = {.sequence = number<std::uint64_t>(report, "sequence"),
                              .missed = number<std::uint64_t>(report, "missed"),
                              .last_seen_ms = number<std::int64_t>(report, "last_seen_ms")};
  }
  return edges;
}

}  // namespace mortise::client
