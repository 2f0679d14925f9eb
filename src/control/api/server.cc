#include "control/api/server.h"

#include <algorithm>
#include <array>

#include "control/api/exchange.h"
#include "control/api/resources.h"

namespace mortise::control::api {
namespace {

struct Route {
  std::string_view method;
  std::string_view path;
  Answer (*answer)(Parts&, http::Request);
};

constexpr std::array kRoutes = {
    Route{"GET", "/api/v1/revision", get_revision},
    Route{"GET", "/api/v1/status", get_status},
    Route{"PUT", "/api/v1/settings", put_settings},
    Route{"GET", "/api/v1/objects", get_objects},
    Route{"POST", "/api/v1/objects", post_objects},
    Route{"POST", "/api/v1/objects/delete", post_objects_delete},
    Route{"GET", "/api/v1/workloads", get_workloads},
    Route{"PUT", "/api/v1/workloads", put_workloads},
    Route{"GET", "/api/v1/mtls", get_mtls},
    Route{"POST", "/api/v1/mtls", post_mtls},
    Route{"GET", "/api/v1/edges", get_edges},
    Route{"GET", "/api/v1/restarts", get_restarts},
};

constexpr std::string_view kWorkload = "/api/v1/workloads/";
constexpr std::string_view kRestart = "/api/v1/restarts/";
constexpr std::string_view kRestartOf = "/restart";

Answer not_allowed(std::string method, std::string path) {
  co_return respond(Json{{"error", path + " does not answer " + method}}, 405);
}

Answer not_found(std::string path) {
  co_return respond(Error(Code::not_found, "there is nothing at " + path));
}

Answer answer_workload(Parts& parts, http::Request request) {
  auto key = request.path.substr(kWorkload.size());
  // NS/NAME/restart; "restart" alone behind the namespace is a name.
  const auto slashes = std::ranges::count(key, '/');
  if (slashes == 2 && key.ends_with(kRestartOf)) {
    if (request.method != "POST") return not_allowed(request.method, request.path);
    key.resize(key.size() - kRestartOf.size());
    return post_workload_restart(parts, std::move(request), std::move(key));
  }
  if (request.method == "PUT") return put_workload(parts, std::move(request), std::move(key));
  if (request.method == "DELETE") {
    return delete_workload(parts, std::move(request), std::move(key));
  }
  return not_allowed(request.method, request.path);
}

Answer answer_restart(Parts& parts, http::Request request) {
  auto number = request.path.substr(kRestart.size());
  if (request.method != "POST") return not_allowed(request.method, request.path);
  return post_restart_end(parts, std::move(request), std::move(number));
}

Answer answer_route(Parts& parts, http::Request request) {
  bool known_path = false;
  for (const auto& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.answer(parts, std::move(request));
    known_path = true;
  }
  if (known_path) return not_allowed(request.method, request.path);
  return not_found(request.path);
}

}  // namespace

io::Task<http::Response> Server::answer(http::Request request) {
  if (request.path.starts_with(kWorkload)) return answer_workload(parts_, std::move(request));
  if (request.path.starts_with(kRestart)) return answer_restart(parts_, std::move(request));
  return answer_route(parts_, std::move(request));
}

}  // namespace mortise::control::api
