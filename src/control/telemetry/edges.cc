#include "control/telemetry/edges.h"

#include <algorithm>

namespace mortise::control::telemetry {
namespace {

constexpr std::size_t kLongestTrouble = 100;

// Of one proxy: the one that serves, those that finish, and room for one that was restarted often.
constexpr std::size_t kMostProcesses = 8;

Reports::Process& process_of(Reports& reports, std::uint64_t instance, TimePoint now) {
  auto& processes = reports.processes;
  if (processes.size() >= kMostProcesses && !processes.contains(instance)) {
    processes.erase(std::ranges::min_element(
        processes, {}, [](const auto& entry) { return entry.second.last_seen; }));
  }
  auto& process = processes[instance];
  process.last_seen = now;
  return process;
}

// A gap is what lies between two numbers of one process; each begins at 1. False: a report that
// was sent again because its answer was lost, which counts once.
bool note_sequence(Reports& reports, Reports::Process& process, std::uint64_t sequence) {
  reports.sequence = sequence;
  if (sequence <= process.sequence) return false;
  reports.missed += sequence - process.sequence - 1;
  process.sequence = sequence;
  return true;
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
  reports.edges_dropped = report.edges_dropped();
  reports.certificate_not_after = report.certificate_not_after();
  reports.certificate_trouble = report.certificate_trouble().substr(0, kLongestTrouble);
  reports.last_seen = now;
  auto& process = process_of(reports, report.instance(), now);
  if (!note_sequence(reports, process, report.sequence())) return;
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
