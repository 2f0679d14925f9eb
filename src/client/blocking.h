// client/blocking.h — the calls of client::Client for programs without a loop of their own: each
// blocks until it is answered. An interface, so that tests can put a fake in its place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client.h"

namespace mortise::client {

// Every call has a deadline; failures are those of Client.
class BlockingClient {
 public:
  virtual ~BlockingClient() = default;
  virtual Result<std::uint64_t> revision(std::uint64_t after, std::chrono::milliseconds wait) = 0;
  virtual Result<Change> apply(Apply what) = 0;
  virtual Result<Change> remove(Remove what) = 0;
  virtual Result<std::vector<Object>> objects(Query query) = 0;
  // An empty namespace means all.
  virtual Result<std::vector<WorkloadStatus>> workloads(std::string namespace_name) = 0;
  virtual Result<void> restart_sidecar(RestartSidecar what) = 0;
  virtual Result<MeshStatus> status() = 0;
  virtual Result<SettingsChange> put_settings(std::map<std::string, std::string> settings) = 0;
  virtual Result<MtlsRule> mtls(std::string resource) = 0;
  virtual Result<MtlsRule> set_mtls(SetMtls what) = 0;
};

std::unique_ptr<BlockingClient> make_blocking_client(const std::string& socket_path);

}  // namespace mortise::client
