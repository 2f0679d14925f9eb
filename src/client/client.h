// client/client.h — typed calls of the control plane's REST API over its unix socket. One
// connection per call; every call has a deadline. Used by the CLI and the runtime.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/answers.h"
#include "io/network.h"

namespace mortise::client {

struct SourceFile {
  std::string name;  // as messages shall name it
  std::string text;
};

struct Apply {
  std::vector<SourceFile> files;
  std::string namespace_name = "default";  // for objects that name none
  bool namespace_given = false;            // -n: an object that names another one is refused
  bool dry_run = false;
  bool force = false;
  std::string reason;
  std::chrono::milliseconds wait{10'000};  // for the receipt; 0: do not wait
};

// Either files, or one object by kind and name.
struct Remove {
  std::vector<SourceFile> files;
  std::string kind;
  std::string name;
  std::string namespace_name = "default";
  std::string reason;
  std::chrono::milliseconds wait{10'000};
};

struct Query {
  std::string kind;                           // any case, singular, plural or qualified; empty: all
  std::optional<std::string> namespace_name;  // absent: every namespace
  std::string name;                           // empty: every name
};

struct SetMtls {
  std::string resource;  // mesh, NS, NS/SVC or NS/SVC:PORT
  std::string action;    // allow, require, disable, unset
  std::string reason;
  std::chrono::milliseconds wait{10'000};
};

struct RestartSidecar {
  std::string namespace_name;
  std::string name;                         // of the pod
  std::chrono::milliseconds grace{30'000};  // for what is going on in the old process
  std::chrono::milliseconds limit{20'000};  // for the new one to be in force
};

// Failures: unavailable — nobody listens on the socket, or the control plane is too busy;
// not_found, conflict, invalid, denied — the control plane's own sentence; timed_out.
class Client {
 public:
  Client(io::Loop& loop, io::Network& network, std::string socket_path);

  // Answers as soon as the revision is greater than `after`, or when the wait is over.
  io::Task<Result<std::uint64_t>> revision(std::uint64_t after, std::chrono::milliseconds wait);

  // The same, and also as soon as another restart is asked for.
  io::Task<Result<News>> news(News known, std::chrono::milliseconds wait);

  // Until the new process is in force, or the reason why the old one serves on.
  io::Task<Result<void>> restart_sidecar(RestartSidecar what);
  // For whoever runs the sidecars: what to do, and what became of it.
  io::Task<Result<std::vector<Restart>>> restarts();
  io::Task<Result<void>> end_restart(RestartEnd end);

  io::Task<Result<Change>> apply(Apply what);
  io::Task<Result<Change>> remove(Remove what);
  io::Task<Result<std::vector<Object>>> objects(Query query);

  // All of them or none; at most kMostTogether.
  static constexpr std::size_t kMostTogether = 1000;
  io::Task<Result<std::uint64_t>> put_workloads(std::vector<Registration> workloads);
  io::Task<Result<void>> delete_workload(std::string namespace_name, std::string name);
  // An empty namespace means all.
  io::Task<Result<std::vector<WorkloadStatus>>> workloads(std::string namespace_name);

  io::Task<Result<MeshStatus>> status();
  io::Task<Result<SettingsChange>> put_settings(std::map<std::string, std::string> settings);

  io::Task<Result<MtlsRule>> mtls(std::string resource);
  io::Task<Result<MtlsRule>> set_mtls(SetMtls what);
  io::Task<Result<Edges>> edges();

  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

 private:
  struct Call;
  struct Reply;
  io::Task<Result<Reply>> send(Call call);
  io::Task<Result<Reply>> exchange(Call call);
  // As send(), but a status of 4xx or 5xx becomes an Error with the control plane's sentence.
  io::Task<Result<std::string>> send_ok(Call call);

  io::Loop& loop_;
  io::Network& network_;
  const std::string socket_path_;
};

}  // namespace mortise::client
