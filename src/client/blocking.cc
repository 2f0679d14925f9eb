#include "client/blocking.h"

#include "io/epoll_loop.h"
#include "io/os_network.h"

namespace mortise::client {
namespace {

using std::chrono::milliseconds;

// A loop for one call: an older one would measure deadlines from when it last turned.
class OneCall {
 public:
  explicit OneCall(const std::string& socket_path)
      : loop_(Random::from_system().next()),
        network_(loop_),
        client_(loop_, network_, socket_path) {}

  // `method` of Client, until it is answered.
  template <class T, class... Parameters>
  T operator()(io::Task<T> (Client::*method)(Parameters...), Parameters... arguments) {
    return loop_.run_until_done((client_.*method)(std::move(arguments)...));
  }

 private:
  io::EpollLoop loop_;
  io::OsNetwork network_;
  Client client_;
};

class SocketClient final : public BlockingClient {
 public:
  explicit SocketClient(std::string socket_path) : path_(std::move(socket_path)) {}

  Result<std::uint64_t> revision(std::uint64_t after, milliseconds wait) override {
    return OneCall(path_)(&Client::revision, after, wait);
  }
  Result<Change> apply(Apply what) override {
    return OneCall(path_)(&Client::apply, std::move(what));
  }
  Result<Change> remove(Remove what) override {
    return OneCall(path_)(&Client::remove, std::move(what));
  }
  Result<std::vector<Object>> objects(Query query) override {
    return OneCall(path_)(&Client::objects, std::move(query));
  }
  Result<std::vector<WorkloadStatus>> workloads(std::string namespace_name) override {
    return OneCall(path_)(&Client::workloads, std::move(namespace_name));
  }
  Result<void> restart_sidecar(RestartSidecar what) override {
    return OneCall(path_)(&Client::restart_sidecar, std::move(what));
  }
  Result<MeshStatus> status() override { return OneCall(path_)(&Client::status); }
  Result<SettingsChange> put_settings(std::map<std::string, std::string> settings) override {
    return OneCall(path_)(&Client::put_settings, std::move(settings));
  }
  Result<MtlsRule> mtls(std::string resource) override {
    return OneCall(path_)(&Client::mtls, std::move(resource));
  }
  Result<MtlsRule> set_mtls(SetMtls what) override {
    return OneCall(path_)(&Client::set_mtls, std::move(what));
  }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<BlockingClient> make_blocking_client(const std::string& socket_path) {
  return std::make_unique<SocketClient>(socket_path);
}

}  // namespace mortise::client
