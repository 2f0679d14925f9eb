// client/answers.h — what the control plane answers, as values. Field for field the JSON of the
// REST API; words that are part of a contract (modes, actions) stay words.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/workload.h"

namespace mortise::client {

// One located complaint about a manifest.
struct Problem {
  std::string file;
  int line = 0;  // 1-based; 0: not known
  std::string field;
  std::string message;
};

// Which proxies have a change in force.
struct Receipt {
  int applied = 0;
  int total = 0;
  std::int64_t milliseconds = 0;
  std::vector<std::string> lagging;  // "NS/POD"
};

struct ChangedObject {
  std::string ref;     // "Policy/full/httpbin"
  std::string action;  // created, configured, unchanged, deleted
};

// The answer to a change of objects. A manifest with mistakes, or one that contradicts what is
// there, changes nothing: `refused` then says why and `problems` where.
struct Change {
  std::uint64_t revision = 0;
  std::vector<ChangedObject> objects;
  std::vector<std::string> notes;
  std::optional<Receipt> receipt;  // absent when nothing was waited for
  std::string refused;             // empty: done
  bool conflict = false;           // refused because of what is there (`force` may help)
  std::vector<Problem> problems;
};

// One declared object; `json` is its Kubernetes shape.
struct Object {
  model::ObjectRef ref;
  std::string api_version;
  std::string created;  // metadata.creationTimestamp, RFC 3339
  std::string json;
};

// What a connected sidecar told the control plane.
struct SidecarStatus {
  bool connected = false;
  std::uint64_t revision = 0;
  bool synced = false;
  std::string version;
  std::int64_t certificate_not_after = 0;  // seconds since 1970; 0: none yet
  std::string certificate_trouble = {};    // why it is of no use by the sidecar's clock
};

// A workload as the runtime registers it.
struct Registration {
  model::Workload workload;
  std::string state;  // "Running", "Completed", or a sentence about what is wrong
  int restarts = 0;
  friend bool operator==(const Registration&, const Registration&) = default;
};

struct WorkloadStatus {
  Registration registered;
  std::int64_t age_seconds = 0;
  std::optional<SidecarStatus> sidecar;
};

struct MeshStatus {
  std::string version;
  std::uint64_t revision = 0;
  std::int64_t uptime_seconds = 0;
  std::string trust_domain;
  std::int64_t root_not_after = 0;
  std::map<std::string, std::string> settings;
  int proxies_total = 0;
  int proxies_connected = 0;
  int proxies_synced = 0;
};

struct SettingsChange {
  std::uint64_t revision = 0;
  std::optional<Receipt> receipt;
};

struct MtlsRow {
  std::string policy;                // "backyards-demo/default"
  std::vector<std::string> targets;  // "bookings(8080)"
  std::string mode;                  // STRICT, PERMISSIVE, DISABLED
  std::string scope;
  std::string source;
};

struct MtlsRule {
  std::string rule;  // "backyards-demo/bookings"
  std::vector<MtlsRow> rows;
  // Of a change only:
  std::string message;
  std::vector<std::string> notes;  // what the person should know about it
  std::uint64_t revision = 0;
  std::optional<Receipt> receipt;
};

// A restart of a sidecar that somebody waits for.
struct Restart {
  std::uint64_t id = 0;
  std::string workload;             // "NS/POD"
  std::chrono::milliseconds grace;  // for what is going on in the old process
  std::chrono::milliseconds limit;  // for the new one to be in force
};

// What became of it. An empty problem: the new process is in force.
struct RestartEnd {
  std::uint64_t id = 0;
  std::string problem;
};

// How far the control plane is: its revision, and the number of the newest restart.
struct News {
  std::uint64_t revision = 0;
  std::uint64_t restarts = 0;
};

struct Edge {
  std::string source, destination, service;
  int port = 0;
  std::string protocol, security, why, mode, rule, tls, cipher, group;
  std::int64_t connections = 0, requests = 0, failed = 0, bytes_sent = 0, bytes_received = 0;
  std::string client_id, server_id, reporter;
};

struct ProxyReports {
  std::uint64_t sequence = 0;
  std::uint64_t missed = 0;
  std::int64_t last_seen_ms = 0;
};

struct Edges {
  std::vector<Edge> edges;
  std::map<std::string, ProxyReports> reports;  // by proxy, "NS/POD"
};

}  // namespace mortise::client
