#include "control/sidecars/services.h"

#include <algorithm>

#include "api/identity.pb.h"
#include "control/registry/mesh_settings.h"
#include "io/race.h"

namespace mortise::control::sidecars {
namespace {

constexpr Duration kRequestLimit = std::chrono::seconds(10);
constexpr std::size_t kLargestCsr = 16 * 1024;
constexpr int kMostEdges = 10'000;
constexpr std::size_t kLongestText = 512;

// Reports are kept for long: no text in them may be larger than a name needs.
bool is_reasonable(const telemetry::api::Edge& edge) {
  const auto short_enough = [](const std::string* text) { return text->size() <= kLongestText; };
  const std::array<const std::string*, 11> texts = {
      &edge.peer_address(), &edge.peer_identity(), &edge.own_identity(), &edge.service(),
      &edge.protocol(),     &edge.why(),           &edge.mode(),         &edge.rule(),
      &edge.tls_version(),  &edge.cipher(),        &edge.group()};
  return std::ranges::all_of(texts, short_enough);
}

io::Task<rpc::Status> answer(rpc::ServerCall& call, Result<std::string> response) {
  if (!response) co_return rpc::to_status(response.error());
  auto written = co_await call.write(*std::move(response));
  co_return written ? rpc::Status{} : rpc::to_status(written.error());
}

}  // namespace

rpc::Methods Services::methods_for(const std::string& workload) {
  return {
      {"/mortise.discovery.v1.Discovery/Stream",
       [this, workload](rpc::ServerCall& call) { return parts_.hub.serve(workload, call); }},
      {"/mortise.identity.v1.Identity/Sign",
       [this, workload](rpc::ServerCall& call) { return sign(workload, call); }},
      {"/mortise.telemetry.v1.Telemetry/Report",
       [this, workload](rpc::ServerCall& call) { return report(workload, call); }},
  };
}

io::Task<Result<std::string>> Services::read_request(rpc::ServerCall& call) {
  CO_TRY(auto message,
         co_await io::with_deadline(parts_.loop, kRequestLimit, "request", call.read()));
  if (!message) co_return fail(Code::invalid, "the call has no request");
  co_return *std::move(message);
}

io::Task<rpc::Status> Services::sign(std::string workload, rpc::ServerCall& call) {
  auto request = co_await read_request(call);
  if (!request) co_return rpc::to_status(request.error());
  co_return co_await answer(call, certify(workload, *request));
}

Result<std::string> Services::certify(const std::string& workload, const std::string& request) {
  identity::v1::SignRequest asked;
  if (!asked.ParseFromString(request)) return fail(Code::invalid, "not a SignRequest");
  if (asked.csr_der().size() > kLargestCsr) return fail(Code::invalid, "the CSR is too large");
  const auto* record = parts_.registry.workload(workload);
  if (!record) return fail(Code::not_found, "there is no workload " + workload + " any more");

  const pki::SpiffeId caller{parts_.registry.settings().trust_domain,
                             record->workload.namespace_name, record->workload.service_account};
  TRY(const auto leaf,
      parts_.ca.sign(asked.csr_der(), caller, registry::workload_life(parts_.registry)));
  parts_.hub.heard(workload);
  parts_.log.info("certified " + caller.uri() + " for " + workload + ", serial " + leaf.serial());
  identity::v1::SignResponse response;
  response.set_leaf_der(leaf.der());
  response.add_roots_der(parts_.ca.root().der());
  response.set_identity(caller.uri());
  return response.SerializeAsString();
}

io::Task<rpc::Status> Services::report(std::string workload, rpc::ServerCall& call) {
  auto request = co_await read_request(call);
  if (!request) co_return rpc::to_status(request.error());
  co_return co_await answer(call, take_report(workload, *request));
}

Result<std::string> Services::take_report(const std::string& workload, const std::string& request) {
  telemetry::api::ReportRequest report;
  if (!report.ParseFromString(request)) return fail(Code::invalid, "not a ReportRequest");
  if (report.edges_size() > kMostEdges || !std::ranges::all_of(report.edges(), is_reasonable)) {
    return fail(Code::exhausted, "the report is larger than reports are");
  }
  parts_.edges.add(workload, report, parts_.loop.now());
  parts_.hub.heard(workload);
  return telemetry::api::ReportResponse().SerializeAsString();
}

}  // namespace mortise::control::sidecars
