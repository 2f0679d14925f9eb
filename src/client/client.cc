#include "client/client.h"

#include <sys/un.h>

#include "client/codec.h"
#include "http/client.h"
#include "io/race.h"

namespace mortise::client {

namespace {

constexpr Duration kPatience = std::chrono::seconds(15);
constexpr std::size_t kLargestAnswer = 64 << 20;

Code code_of(int status) {
  switch (status) {
    case 400:
    case 422:
      return Code::invalid;
    case 401:
    case 403:
      return Code::denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::conflict;
    case 503:
      return Code::unavailable;
    case 504:
      return Code::timed_out;
    default:
      return Code::bug;
  }
}

std::string path_of(const std::string& namespace_name, const std::string& name) {
  return "/api/v1/workloads/" + http::percent_encode(namespace_name) + "/" +
         http::percent_encode(name);
}

// What to type next depends on why: starting a mesh helps only where none runs.
Error not_reached(const std::string& path, const Error& reason) {
  if (reason.code() == Code::denied)
    return {Code::denied, reason.what() + "; this mesh is root's: try again with sudo"};
  const bool fits = path.size() < sizeof(sockaddr_un{}.sun_path);  // else none can ever listen
  const bool nobody_listens =
      fits && (reason.code() == Code::not_found ||
               reason.what().find("Connection refused") != std::string::npos);
  auto sentence = "no control plane answers on " + path + " (" + reason.what() + ")";
  if (nobody_listens) sentence += "; `mortise up` starts one";
  return {Code::unavailable, std::move(sentence)};
}

// Appends a query parameter.
void add(std::string& target, const char* key, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += key;
  target += '=';
  target += http::percent_encode(value);
}

}  // namespace

struct Client::Call {
  std::string method = "GET";
  std::string target;
  std::string body = {};
  Duration wait = {};  // that the control plane was asked to take, beyond its own work
};

struct Client::Reply {
  int status = 0;
  std::string body;
};

Client::Client(io::Loop& loop, io::Network& network, std::string socket_path)
    : loop_(loop), network_(network), socket_path_(std::move(socket_path)) {}

io::Task<Result<Client::Reply>> Client::exchange(Call call) {
  auto stream = co_await network_.connect_unix(socket_path_);
  if (!stream) {
    co_return std::unexpected(not_reached(socket_path_, stream.error()));
  }
  http::Limits limits;
  limits.body_bytes = kLargestAnswer;
  limits.request = limits.idle = call.wait + kPatience;
  http::ClientRequest request;
  request.method = call.method;
  request.target = std::move(call.target);
  if (!call.body.empty()) request.headers.emplace_back("content-type", "application/json");
  request.body = std::move(call.body);
  CO_TRY(auto response, co_await http::request(**stream, std::move(request), limits));
  co_return Reply{response.status, std::move(response.body)};
}

io::Task<Result<Client::Reply>> Client::send(Call call) {
  const auto limit = call.wait + kPatience;
  return io::with_deadline(loop_, limit, "control plane", exchange(std::move(call)));
}

io::Task<Result<std::string>> Client::send_ok(Call call) {
  CO_TRY(auto reply, co_await send(std::move(call)));
  if (reply.status < 200 || reply.status > 299)
    co_return fail(code_of(reply.status), decode_refusal(reply.status, reply.body).sentence);
  co_return std::move(reply.body);
}

io::Task<Result<std::uint64_t>> Client::revision(std::uint64_t after,
                                                 std::chrono::milliseconds wait) {
  std::string target = "/api/v1/revision";
  add(target, "after", std::to_string(after));
  add(target, "wait_ms", std::to_string(wait.count()));
  CO_TRY(const auto body, co_await send_ok({.target = std::move(target), .wait = wait}));
  co_return decode_revision(body);
}

io::Task<Result<News>> Client::news(News known, std::chrono::milliseconds wait) {
  std::string target = "/api/v1/revision";
  add(target, "after", std::to_string(known.revision));
  add(target, "restarts_after", std::to_string(known.restarts));
  add(target, "wait_ms", std::to_string(wait.count()));
  CO_TRY(const auto body, co_await send_ok({.target = std::move(target), .wait = wait}));
  co_return decode_news(body);
}

io::Task<Result<void>> Client::restart_sidecar(RestartSidecar what) {
  auto target = path_of(what.namespace_name, what.name) + "/restart";
  const auto wait = what.limit;
  CO_CHECK_OK(co_await send_ok(
      {.method = "POST", .target = std::move(target), .body = encode(what), .wait = wait}));
  co_return Result<void>();
}

io::Task<Result<std::vector<Restart>>> Client::restarts() {
  CO_TRY(const auto body, co_await send_ok({.target = "/api/v1/restarts"}));
  co_return decode_restarts(body);
}

io::Task<Result<void>> Client::end_restart(RestartEnd end) {
  auto target = "/api/v1/restarts/" + std::to_string(end.id);
  CO_CHECK_OK(
      co_await send_ok({.method = "POST", .target = std::move(target), .body = encode(end)}));
  co_return Result<void>();
}

namespace {

// A refused change is an answer: nothing was changed, and here is why.
Result<Change> change_from(int status, const std::string& body) {
  if (status >= 200 && status <= 299) return decode_change(body);
  auto refusal = decode_refusal(status, body);
  if (status != 422 && status != 409) return fail(code_of(status), std::move(refusal.sentence));
  Change change;
  change.refused = std::move(refusal.sentence);
  change.conflict = status == 409;
  change.problems = std::move(refusal.problems);
  return change;
}

}  // namespace

io::Task<Result<Change>> Client::apply(Apply what) {
  const auto wait = what.wait;
  CO_TRY(const auto reply,
         co_await send(
             {.method = "POST", .target = "/api/v1/objects", .body = encode(what), .wait = wait}));
  co_return change_from(reply.status, reply.body);
}

io::Task<Result<Change>> Client::remove(Remove what) {
  const auto wait = what.wait;
  CO_TRY(const auto reply, co_await send({.method = "POST",
                                          .target = "/api/v1/objects/delete",
                                          .body = encode(what),
                                          .wait = wait}));
  co_return change_from(reply.status, reply.body);
}

io::Task<Result<std::vector<Object>>> Client::objects(Query query) {
  std::string target = "/api/v1/objects";
  if (!query.kind.empty()) add(target, "kind", query.kind);
  if (query.namespace_name) add(target, "namespace", *query.namespace_name);
  if (!query.name.empty()) add(target, "name", query.name);
  CO_TRY(const auto body, co_await send_ok({.target = std::move(target)}));
  co_return decode_objects(body);
}

io::Task<Result<std::uint64_t>> Client::put_workloads(std::vector<Registration> workloads) {
  CO_TRY(const auto body,
         co_await send_ok(
             {.method = "PUT", .target = "/api/v1/workloads", .body = encode(workloads)}));
  co_return decode_revision(body);
}

io::Task<Result<void>> Client::delete_workload(std::string namespace_name, std::string name) {
  auto deleted = co_await send_ok({.method = "DELETE", .target = path_of(namespace_name, name)});
  // What is not there needs no deleting.
  if (!deleted && deleted.error().code() != Code::not_found)
    co_return std::unexpected(std::move(deleted).error());
  co_return Result<void>();
}

io::Task<Result<std::vector<WorkloadStatus>>> Client::workloads(std::string namespace_name) {
  std::string target = "/api/v1/workloads";
  if (!namespace_name.empty()) add(target, "namespace", namespace_name);
  CO_TRY(const auto body, co_await send_ok({.target = std::move(target)}));
  co_return decode_workloads(body);
}

io::Task<Result<MeshStatus>> Client::status() {
  CO_TRY(const auto body, co_await send_ok({.target = "/api/v1/status"}));
  co_return decode_status(body);
}

io::Task<Result<SettingsChange>> Client::put_settings(std::map<std::string, std::string> settings) {
  CO_TRY(
      const auto body,
      co_await send_ok({.method = "PUT", .target = "/api/v1/settings", .body = encode(settings)}));
  co_return decode_settings(body);
}

io::Task<Result<MtlsRule>> Client::mtls(std::string resource) {
  std::string target = "/api/v1/mtls";
  add(target, "resource", resource);
  CO_TRY(const auto body, co_await send_ok({.target = std::move(target)}));
  co_return decode_mtls(body);
}

io::Task<Result<MtlsRule>> Client::set_mtls(SetMtls what) {
  const auto wait = what.wait;
  CO_TRY(const auto body,
         co_await send_ok(
             {.method = "POST", .target = "/api/v1/mtls", .body = encode(what), .wait = wait}));
  co_return decode_mtls(body);
}

io::Task<Result<Edges>> Client::edges() {
  CO_TRY(const auto body, co_await send_ok({.target = "/api/v1/edges"}));
  co_return decode_edges(body);
}

}  // namespace mortise::client
