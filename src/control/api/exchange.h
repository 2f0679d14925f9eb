// control/api/exchange.h — JSON requests and answers: typed reading with errors that name the
// field, and the API's one form of failure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/discovery/hub.h"
#include "control/registry/admission.h"
#include "control/registry/writer.h"
#include "http/server.h"

namespace mortise::control::api {

using Json = nlohmann::json;

// The body as a JSON object.
Result<Json> parse_body(const http::Request& request);

// A member of a JSON object; absent: `otherwise`. Code::invalid names a member of another type.
Result<std::string> text_of(const Json& object, const char* name, std::string otherwise = {});
Result<bool> flag_of(const Json& object, const char* name, bool otherwise = false);
Result<std::int64_t> number_of(const Json& object, const char* name, std::int64_t otherwise = 0);
Result<std::map<std::string, std::string>> texts_of(const Json& object, const char* name);

// A decimal query parameter; absent: `otherwise`.
Result<std::uint64_t> query_number(const http::Request& request, const char* name,
                                   std::uint64_t otherwise);
std::string query_text(const http::Request& request, const char* name);

http::Response respond(const Json& json, int status = 200);
http::Response respond(const Error& error);
http::Response respond(const registry::Refusal& refusal);

// Who asks, from the socket's peer: "root", or "uid 1000" if it has no name.
registry::Asked asked_by(const http::Request& request, const Clock& clock, std::string reason = {},
                         bool force = false);

Json to_json(const discovery::Receipt& receipt);
// "wait_ms", at most ten minutes.
Result<Duration> wait_of(const Json& body);

}  // namespace mortise::control::api
