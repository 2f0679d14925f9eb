#include "control/sidecar_sockets.h"

#include <fmt/format.h>

#include "api/identity.pb.h"
#include "api/telemetry.pb.h"

namespace mortise::control {

namespace identity_api = ::mortise::identity::v1;
namespace telemetry_api = ::mortise::telemetry::v1;

namespace {

// A sidecar has one connection; a restarted one has two for a moment.
constexpr std::size_t kConnections = 8;

}  // namespace

// The socket of one workload and what is served on it.
class SidecarSockets::Sidecar {
 public:
  Sidecar(io::Loop& loop, const Services& services, Log& log, const model::Workload& workload,
          std::unique_ptr<io::Listener> listener)
      : loop_(loop),
        services_(services),
        log_(log),
        proxy_(workload.key()),
        uid_(workload.sidecar_uid),
        listener_(std::move(listener)),
        connections_(loop) {
    methods_["/mortise.discovery.v1.Discovery/Stream"] = [this](rpc::ServerCall& call) {
      return services_.hub.serve(proxy_, call);
    };
    methods_["/mortise.identity.v1.Identity/Sign"] = [this](rpc::ServerCall& call) {
      return sign(call);
    };
    methods_["/mortise.telemetry.v1.Telemetry/Report"] = [this](rpc::ServerCall& call) {
      return report(call);
    };
    accepting_ = accept();
    accepting_.start();
  }

  [[nodiscard]] std::uint32_t uid() const { return uid_; }

 private:
  io::Task<void> accept();
  io::Task<void> serve(std::unique_ptr<io::Stream> stream);
  io::Task<rpc::Status> sign(rpc::ServerCall& call);
  io::Task<rpc::Status> report(rpc::ServerCall& call);
  [[nodiscard]] Result<std::string> signed_answer(const std::string& request) const;

  io::Loop& loop_;
  const Services& services_;
  Log& log_;
  const std::string proxy_;
  const std::uint32_t uid_;
  rpc::Methods methods_;
  std::unique_ptr<io::Listener> listener_;
  io::Scope connections_;
  io::Task<void> accepting_;
};

io::Task<void> SidecarSockets::Sidecar::accept() {
  for (;;) {
    auto accepted = co_await listener_->accept();
    if (!accepted) {
      log_.warning(fmt::format("sidecar of {}: {}", proxy_, accepted.error().what()));
      co_await loop_.sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    if (!accepted->credentials || accepted->credentials->uid != uid_) {
      log_.warning(fmt::format("sidecar of {}: refused process {} of uid {}: not its sidecar",
                               proxy_, accepted->credentials ? accepted->credentials->pid : 0,
                               accepted->credentials ? accepted->credentials->uid : 0));
      continue;
    }
    if (connections_.size() >= kConnections) {
      log_.warning(fmt::format("sidecar of {}: too many connections", proxy_));
      continue;
    }
    connections_.spawn(serve(std::move(accepted->stream)));
  }
}

io::Task<void> SidecarSockets::Sidecar::serve(std::unique_ptr<io::Stream> stream) {
  const auto ended = co_await rpc::serve(loop_, *stream, methods_);
  if (!ended) log_.info(fmt::format("sidecar of {}: {}", proxy_, ended.error().what()));
}

io::Task<rpc::Status> SidecarSockets::Sidecar::sign(rpc::ServerCall& call) {
  auto request = co_await call.read();
  if (!request) co_return rpc::to_status(request.error());
  if (!*request) co_return rpc::Status{rpc::StatusCode::invalid_argument, "no request"};
  auto answer = signed_answer(**request);
  if (!answer) {
    log_.warning(fmt::format("certificate for {}: {}", proxy_, answer.error().what()));
    co_return rpc::to_status(answer.error());
  }
  auto written = co_await call.write(*std::move(answer));
  co_return written ? rpc::Status{} : rpc::to_status(written.error());
}

Result<std::string> SidecarSockets::Sidecar::signed_answer(const std::string& bytes) const {
  identity_api::SignRequest request;
  if (!request.ParseFromString(bytes)) return fail(Code::invalid, "not a SignRequest");
  const auto* record = services_.registry.workload(proxy_);
  if (record == nullptr) return fail(Code::not_found, "workload " + proxy_ + " is gone");
  const pki::SpiffeId caller{
      pki::canonical_trust_domain(services_.registry.settings().trust_domain),
      record->workload.namespace_name, record->workload.service_account};
  TRY(const auto leaf,
      services_.authority.sign(request.csr_der(), caller, services_.leaf_lifetime()));
  identity_api::SignResponse response;
  response.set_leaf_der(leaf.der());
  response.add_roots_der(services_.authority.root().der());
  response.set_identity(caller.uri());
  return response.SerializeAsString();
}

io::Task<rpc::Status> SidecarSockets::Sidecar::report(rpc::ServerCall& call) {
  auto bytes = co_await call.read();
  if (!bytes) co_return rpc::to_status(bytes.error());
  telemetry_api::ReportRequest request;
  if (!*bytes || !request.ParseFromString(**bytes)) {
    co_return rpc::Status{rpc::StatusCode::invalid_argument, "not a ReportRequest"};
  }
  services_.edges.add(proxy_, request, loop_.now());
  services_.hub.heard(proxy_);
  auto written = co_await call.write(telemetry_api::ReportResponse().SerializeAsString());
  co_return written ? rpc::Status{} : rpc::to_status(written.error());
}

SidecarSockets::SidecarSockets(io::Loop& loop, io::Network& network, std::string directory,
                               Services services, Log& log)
    : loop_(loop),
      network_(network),
      directory_(std::move(directory)),
      services_(std::move(services)),
      log_(log) {}

SidecarSockets::~SidecarSockets() = default;

void SidecarSockets::reconcile() {
  std::erase_if(sidecars_, [&](const auto& entry) {
    const auto* record = services_.registry.workload(entry.first);
    return record == nullptr || !record->workload.has_sidecar ||
           record->workload.sidecar_uid != entry.second->uid();
  });
  for (const auto& [key, record] : services_.registry.workloads()) {
    if (!record.workload.has_sidecar || sidecars_.contains(key)) continue;
    auto sidecar = open(record.workload);
    if (!sidecar) {
      log_.warning(fmt::format("sidecar of {}: {}", key, sidecar.error().what()));
      continue;
    }
    sidecars_.emplace(key, *std::move(sidecar));
  }
}

Result<std::unique_ptr<SidecarSockets::Sidecar>> SidecarSockets::open(
    const model::Workload& workload) {
  // Root and the supervisor would pass every check of the kernel: no sidecar runs as them.
  if (workload.sidecar_uid == 0) return fail(Code::denied, "a sidecar must have a uid of its own");
  const auto path = fmt::format("{}/{}.{}/control.sock", directory_, workload.namespace_name,
                                workload.name);
  TRY(auto listener, network_.listen_unix(path, 0600, workload.sidecar_uid));
  return std::make_unique<Sidecar>(loop_, services_, log_, workload, std::move(listener));
}

}  // namespace mortise::control
