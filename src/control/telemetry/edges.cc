#include "control/telemetry/edges.h"

namespace mortise::control::telemetry {
namespace {

// A gap is what lies between two numbers of one instance; a restart begins again at 1.
void note_sequence(Reports& reports, const api::ReportRequest& report) {
  if (reports.instance != report.instance()) {
    reports.instance = report.instance();
    reports.sequence = 0;
  }
  if (report.sequence() > reports.sequence + 1) {
    reports.missed += report.sequence() - reports.sequence - 1;
  }
  if (report.sequence() > reports.sequence) reports.sequence = report.sequence();
}

void add_to(EdgeSums& sums, const api::Edge& edge) {
  sums.connections_opened += edge.connections_opened();
  sums.connections_closed += edge.connections_closed();
  sums.requests += edge.requests();
  sums.requests_failed += edge.requests_failed();
  sums.bytes_sent += edge.bytes_sent();
  sums.bytes_received += edge.bytes_received();
}

}  // namespace

void Edges::add(const std::string& proxy, const api::ReportRequest& report, TimePoint now) {
  auto& reports = reports_[proxy];
  // A report that was sent again because its answer was lost counts once.
  const bool repeated =
      reports.instance == report.instance() && report.sequence() <= reports.sequence;
  note_sequence(reports, report);
  reports.edges_dropped = report.edges_dropped();
  reports.certificate_not_after = report.certificate_not_after();
  reports.last_seen = now;
  if (repeated) return;
  for (const auto& edge : report.edges()) {
    auto key = key_of(proxy, edge);
    auto found = sums_.find(key);
    if (found == sums_.end()) {
      if (sums_.size() >= limit_) {
        ++dropped_;
        continue;
      }
      found = sums_.emplace(std::move(key), EdgeSums{}).first;
    }
    add_to(found->second, edge);
  }
}

EdgeKey Edges::key_of(const std::string& proxy, const api::Edge& edge) const {
  const bool from_source = edge.reporter() == api::REPORTER_SOURCE;
  const auto peer = name_of(edge.peer_address());
  EdgeKey key;
  key.reporter = edge.reporter();
  key.source = from_source ? proxy : peer;
  key.destination = from_source ? peer : proxy;
  key.service = edge.service();
  key.port = edge.port();
  key.protocol = edge.protocol();
  key.security = edge.security();
  key.why = edge.why();
  key.mode = edge.mode();
  key.rule = edge.rule();
  key.tls_version = edge.tls_version();
  key.cipher = edge.cipher();
  key.group = edge.group();
  key.client_identity = from_source ? edge.own_identity() : edge.peer_identity();
  key.server_identity = from_source ? edge.peer_identity() : edge.own_identity();
  return key;
}

std::string Edges::name_of(const std::string& address) const {
  if (address.empty()) return "unknown";
  auto name = name_of_address_(address);
  return name.empty() ? address : name;
}

}  // namespace mortise::control::telemetry
