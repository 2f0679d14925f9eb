#include "control/api/exchange.h"
#include "control/api/resources.h"

namespace mortise::control::api {
namespace {

namespace told = telemetry::api;

const char* word(told::Security security) {
  switch (security) {
    case told::SECURITY_MUTUAL_TLS:
      return "mutual_tls";
    case told::SECURITY_PLAIN:
      return "plain";
    case told::SECURITY_REFUSED:
      return "refused";
    default:
      return "unknown";
  }
}

const char* word(told::Reporter reporter) {
  switch (reporter) {
    case told::REPORTER_SOURCE:
      return "source";
    case told::REPORTER_DESTINATION:
      return "destination";
    default:
      return "unknown";
  }
}

Json to_json(const telemetry::EdgeKey& key, const telemetry::EdgeSums& sums) {
  return {{"source", key.source},
          {"destination", key.destination},
          {"service", key.service},
          {"port", key.port},
          {"protocol", key.protocol},
          {"security", word(key.security)},
          {"why", key.why},
          {"mode", key.mode},
          {"rule", key.rule},
          {"tls", key.tls_version},
          {"cipher", key.cipher},
          {"group", key.group},
          {"client_id", key.client_identity},
          {"server_id", key.server_identity},
          {"reporter", word(key.reporter)},
          {"connections", sums.connections_opened},
          {"closed", sums.connections_closed},
          {"requests", sums.requests},
          {"failed", sums.requests_failed},
          {"bytes_sent", sums.bytes_sent},
          {"bytes_received", sums.bytes_received}};
}

Json to_json(const telemetry::Reports& reports, TimePoint now) {
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - reports.last_seen);
  return {{"sequence", reports.sequence},
          {"missed", reports.missed},
          {"edges_dropped", reports.edges_dropped},
          {"last_seen_ms", ago.count()}};
}

}  // namespace

Answer get_edges(Parts& parts, http::Request) {
  auto edges = Json::array();
  for (const auto& [key, sums] : parts.edges.sums()) edges.push_back(to_json(key, sums));
  auto reports = Json::object();
  for (const auto& [proxy, seen] : parts.edges.reports()) {
    reports[proxy] = to_json(seen, parts.loop.now());
  }
  co_return respond(Json{{"edges", std::move(edges)},
                         {"reports", std::move(reports)},
                         {"dropped", parts.edges.dropped()}});
}

}  // namespace mortise::control::api
