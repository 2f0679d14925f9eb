// control/api/resources.h — the answers of the REST API (api/openapi.yaml), one file per resource.
#pragma once

#include "control/api/parts.h"
#include "http/server.h"

namespace mortise::control::api {

using Answer = io::Task<http::Response>;

Answer get_revision(Parts& parts, http::Request request);
Answer get_status(Parts& parts, http::Request request);
Answer put_settings(Parts& parts, http::Request request);
Answer get_objects(Parts& parts, http::Request request);
Answer post_objects(Parts& parts, http::Request request);
Answer post_objects_delete(Parts& parts, http::Request request);
Answer get_workloads(Parts& parts, http::Request request);
Answer put_workloads(Parts& parts, http::Request request);
Answer get_mtls(Parts& parts, http::Request request);
Answer post_mtls(Parts& parts, http::Request request);
Answer get_edges(Parts& parts, http::Request request);
Answer get_restarts(Parts& parts, http::Request request);

// Paths with a workload's name behind them.
Answer put_workload(Parts& parts, http::Request request, std::string key);
Answer delete_workload(Parts& parts, http::Request request, std::string key);
Answer post_workload_restart(Parts& parts, http::Request request, std::string key);
// And one with a restart's number.
Answer post_restart_end(Parts& parts, http::Request request, std::string number);

}  // namespace mortise::control::api
