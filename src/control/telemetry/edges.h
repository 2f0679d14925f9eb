// control/telemetry/edges.h — what proxies reported, summed per edge: who talked to whom, how
// protected, by which rule. A lost report is a counted gap, never a silent one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "api/telemetry.pb.h"
#include "base/clock.h"

namespace mortise::control::telemetry {

namespace api = ::mortise::telemetry::v1;

// All traffic of one kind between two workloads. `reporter` keeps the two ends' views apart.
struct EdgeKey {
  api::Reporter reporter = api::REPORTER_UNKNOWN;
  std::string source;  // "NS/WORKLOAD", else the address, else "unknown"
  std::string destination;
  std::string service;  // "NS/NAME"; empty: dialled by address
  std::uint32_t port = 0;
  std::string protocol;
  api::Security security = api::SECURITY_UNKNOWN;
  std::string why;
  std::string mode;
  std::string rule;
  std::string tls_version;
  std::string cipher;
  std::string group;
  std::string client_identity;
  std::string server_identity;

  friend auto operator<=>(const EdgeKey&, const EdgeKey&) = default;
};

struct EdgeSums {
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_closed = 0;
  std::uint64_t requests = 0;
  std::uint64_t requests_failed = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

// What is known of one proxy's reports.
struct Reports {
  // One process of it; two report while one takes over from the other.
  struct Process {
    std::uint64_t sequence = 0;  // of its last report
    TimePoint last_seen;
  };
  std::map<std::uint64_t, Process> processes;  // by instance
  std::uint64_t sequence = 0;                  // of the last report
  std::uint64_t missed = 0;                    // numbers never seen, over all processes
  std::uint64_t edges_dropped = 0;             // said by the proxy itself
  std::int64_t certificate_not_after = 0;
  std::string certificate_trouble;
  TimePoint last_seen;
};

class Edges {
 public:
  // Names the workload behind a mesh address; empty if nobody has it.
  using NameOfAddress = std::function<std::string(const std::string& address)>;

  explicit Edges(NameOfAddress name_of_address, std::size_t limit = 100'000)
      : name_of_address_(std::move(name_of_address)), limit_(limit) {}

  // `proxy` is the authenticated reporter, "NS/NAME"; whatever it says of itself is not asked.
  void add(const std::string& proxy, const api::ReportRequest& report, TimePoint now);

  [[nodiscard]] const std::map<EdgeKey, EdgeSums>& sums() const { return sums_; }
  [[nodiscard]] const std::map<std::string, Reports>& reports() const { return reports_; }
  // Edges not kept because the limit was reached.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  void forget_proxy(const std::string& proxy) { reports_.erase(proxy); }

 private:
  EdgeKey key_of(const std::string& proxy, const api::Edge& edge) const;
  std::string name_of(const std::string& address) const;

  NameOfAddress name_of_address_;
  std::size_t limit_;
  std::map<EdgeKey, EdgeSums> sums_;
  std::map<std::string, Reports> reports_;
  std::uint64_t dropped_ = 0;
};

}  // namespace mortise::control::telemetry
