// cli/mesh.h — the control plane as commands see it: blocking calls of its API. SocketMesh is the
// real one; tests put a fake in its place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client.h"

namespace mortise::cli {

// Every call has a deadline; failures are those of client::Client.
class Mesh {
 public:
  virtual ~Mesh() = default;
  virtual Result<std::uint64_t> revision(std::uint64_t after, std::chrono::milliseconds wait) = 0;
  virtual Result<client::Change> apply(client::Apply what) = 0;
  virtual Result<client::Change> remove(client::Remove what) = 0;
  virtual Result<std::vector<client::Object>> objects(client::Query query) = 0;
  // An empty namespace means all.
  virtual Result<std::vector<client::WorkloadStatus>> workloads(std::string namespace_name) = 0;
  virtual Result<client::MeshStatus> status() = 0;
  virtual Result<client::SettingsChange> put_settings(
      std::map<std::string, std::string> settings) = 0;
  virtual Result<client::MtlsRule> mtls(std::string resource) = 0;
  virtual Result<client::MtlsRule> set_mtls(client::SetMtls what) = 0;
};

std::unique_ptr<Mesh> make_socket_mesh(const std::string& data_dir);

}  // namespace mortise::cli
