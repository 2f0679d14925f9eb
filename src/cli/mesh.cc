#include "cli/mesh.h"

#include <random>

#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "runtime/runtime.h"

namespace mortise::cli {
namespace {

using std::chrono::milliseconds;

// One loop that turns while a call is under way.
class SocketMesh final : public Mesh {
 public:
  explicit SocketMesh(const std::string& data_dir)
      : loop_(std::random_device{}()),
        network_(loop_),
        client_(loop_, network_, runtime::control_socket(data_dir)) {}

  Result<std::uint64_t> revision(std::uint64_t after, milliseconds wait) override {
    return loop_.run_until_done(client_.revision(after, wait));
  }
  Result<client::Change> apply(client::Apply what) override {
    return loop_.run_until_done(client_.apply(std::move(what)));
  }
  Result<client::Change> remove(client::Remove what) override {
    return loop_.run_until_done(client_.remove(std::move(what)));
  }
  Result<std::vector<client::Object>> objects(client::Query query) override {
    return loop_.run_until_done(client_.objects(std::move(query)));
  }
  Result<std::vector<client::WorkloadStatus>> workloads(std::string namespace_name) override {
    return loop_.run_until_done(client_.workloads(std::move(namespace_name)));
  }
  Result<client::MeshStatus> status() override { return loop_.run_until_done(client_.status()); }
  Result<client::SettingsChange> put_settings(
      std::map<std::string, std::string> settings) override {
    return loop_.run_until_done(client_.put_settings(std::move(settings)));
  }
  Result<client::MtlsRule> mtls(std::string resource) override {
    return loop_.run_until_done(client_.mtls(std::move(resource)));
  }
  Result<client::MtlsRule> set_mtls(client::SetMtls what) override {
    return loop_.run_until_done(client_.set_mtls(std::move(what)));
  }

 private:
  io::EpollLoop loop_;
  io::OsNetwork network_;
  client::Client client_;
};

}  // namespace

std::unique_ptr<Mesh> make_socket_mesh(const std::string& data_dir) {
  return std::make_unique<SocketMesh>(data_dir);
}

}  // namespace mortise::cli
