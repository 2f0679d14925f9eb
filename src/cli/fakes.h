// cli/fakes.h — a control plane and a machine that answer what a test told them. Tests only.
#pragma once

#include <map>

#include "cli/host.h"
#include "client/blocking.h"

namespace mortise::cli {

class FakeMesh final : public client::BlockingClient {
 public:
  Result<std::uint64_t> revision(std::uint64_t, std::chrono::milliseconds) override {
    if (!reachable) return nobody_listens();
    return std::uint64_t{1};
  }
  Result<client::Change> apply(client::Apply what) override {
    applied.push_back(std::move(what));
    stored.insert(stored.end(), stored_by_apply.begin(), stored_by_apply.end());
    running.insert(running.end(), running_by_apply.begin(), running_by_apply.end());
    return change;
  }
  Result<client::Change> remove(client::Remove what) override {
    std::erase_if(running, [&](const client::WorkloadStatus& status) {
      return what.kind == "Pod" && status.registered.workload.name == what.name;
    });
    removed.push_back(std::move(what));
    return change;
  }
  Result<std::vector<client::Object>> objects(client::Query query) override {
    queries.push_back(query);
    std::vector<client::Object> found;
    for (const auto& object : stored) {
      if (!query.kind.empty() && object.ref.kind != query.kind) continue;
      if (!query.name.empty() && object.ref.name != query.name) continue;
      if (query.namespace_name && object.ref.namespace_name != *query.namespace_name) continue;
      found.push_back(object);
    }
    // As the control plane answers: a list may be empty, a name must exist.
    if (found.empty() && !query.name.empty()) {
      return fail(Code::not_found, "there is no " + query.kind + " " + query.name);
    }
    return found;
  }
  Result<std::vector<client::WorkloadStatus>> workloads(std::string namespace_name) override {
    if (!reachable) return nobody_listens();
    std::vector<client::WorkloadStatus> found;
    if (looks_until_gone > 0 && --looks_until_gone == 0) running.clear();
    for (const auto& status : running) {
      const auto& where = status.registered.workload.namespace_name;
      if (namespace_name.empty() || where == namespace_name) found.push_back(status);
    }
    return found;
  }
  Result<void> restart_sidecar(client::RestartSidecar what) override {
    restarted.push_back(what);
    if (what.name == broken)
      return fail(Code::unavailable, "it ended; the process before it serves on");
    return {};
  }
  Result<client::MeshStatus> status() override { return mesh_status; }
  Result<client::SettingsChange> put_settings(std::map<std::string, std::string> what) override {
    settings = std::move(what);
    return client::SettingsChange{2, {}};
  }
  Result<client::MtlsRule> mtls(std::string resource) override {
    asked.push_back(std::move(resource));
    return rule;
  }
  Result<client::MtlsRule> set_mtls(client::SetMtls what) override {
    changes.push_back(std::move(what));
    return rule;
  }

  // In the words of the real client.
  static std::unexpected<Error> nobody_listens() {
    return fail(Code::unavailable, "no control plane answers; `mortise up` starts one");
  }

  bool reachable = true;
  client::Change change;
  std::vector<client::Object> stored;
  std::vector<client::Object> stored_by_apply;
  std::vector<client::WorkloadStatus> running;
  std::vector<client::WorkloadStatus> running_by_apply;
  int looks_until_gone = 0;  // then nothing runs any more; 0: as it is
  client::MeshStatus mesh_status;
  client::MtlsRule rule;
  // What was asked of it.
  std::vector<client::Apply> applied;
  std::vector<client::Remove> removed;
  std::vector<client::Query> queries;
  std::map<std::string, std::string> settings;
  std::vector<std::string> asked;
  std::vector<client::SetMtls> changes;
  std::vector<client::RestartSidecar> restarted;
  std::string broken;  // the pod whose sidecar cannot be replaced
};

class FakeHost final : public Host {
 public:
  Result<void> preflight() override { return ready; }
  Result<runtime::Started> start(std::chrono::milliseconds) override {
    ++starts;
    return runtime::Started{.supervisor = !std::exchange(is_running, !dies_after_start),
                            .control_plane_ran = control_plane_ran};
  }
  Result<std::vector<std::string>> outdated_sidecars() override { return outdated; }
  bool running() override { return is_running; }
  bool rootless() override { return is_rootless; }
  Result<void> supervise() override { return {}; }
  Result<runtime::DownReport> down(bool purge) override {
    is_running = false;
    return runtime::DownReport{3, 2, purge};
  }
  Result<void> remember_images(const std::vector<runtime::Image>& images) override {
    remembered = images;
    return {};
  }
  Result<void> check_program(const model::Container& container) override {
    const bool missing = !container.command.empty() && container.command.front() == missing_program;
    if (missing) return fail(Code::not_found, "program \"" + missing_program + "\" is not in PATH");
    return {};
  }
  Result<int> exec(const runtime::Exec& what) override {
    executed.push_back(what);
    if (exec_failures > 0) {
      --exec_failures;
      return exec_failure;
    }
    return exec_status;
  }
  Result<Captured> exec_captured(const runtime::Exec& what, std::chrono::milliseconds) override {
    executed.push_back(what);
    return captured;
  }
  Result<runtime::LogFiles> log_files(const std::string&, const std::string&) override {
    return logs;
  }

  Result<void> ready;
  bool is_running = false;
  bool control_plane_ran = false;
  bool is_rootless = false;
  bool dies_after_start = false;
  std::vector<std::string> outdated;  // sidecars
  int starts = 0;
  int exec_status = 0;
  int exec_failures = 0;  // that come first
  Result<int> exec_failure = fail(Code::not_found, "no workload of that name");
  Captured captured;
  runtime::LogFiles logs;
  std::string missing_program = "no-such-program";
  std::vector<runtime::Image> remembered;
  std::vector<runtime::Exec> executed;
};

}  // namespace mortise::cli
