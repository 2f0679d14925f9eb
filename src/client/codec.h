// client/codec.h — JSON bodies of the REST API from and to values. No I/O. Unknown keys are
// ignored, so that an older client reads a newer control plane.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/client.h"

namespace mortise::client {

// A refusal's body: {"error": sentence, "errors": [...]}.
struct Refusal {
  std::string sentence;
  std::vector<Problem> problems;
};
// Always gives a sentence, whatever the body holds.
Refusal decode_refusal(int status, std::string_view body);

std::string encode(const Apply& apply);
std::string encode(const Remove& remove);
std::string encode(const SetMtls& change);
std::string encode(const std::vector<Registration>& registrations);
std::string encode(const RestartSidecar& restart);
std::string encode(const RestartEnd& end);
std::string encode(const std::map<std::string, std::string>& settings);

Result<std::uint64_t> decode_revision(std::string_view body);
Result<News> decode_news(std::string_view body);
Result<std::vector<Restart>> decode_restarts(std::string_view body);
Result<Change> decode_change(std::string_view body);
Result<std::vector<Object>> decode_objects(std::string_view body);
Result<std::vector<WorkloadStatus>> decode_workloads(std::string_view body);
Result<MeshStatus> decode_status(std::string_view body);
Result<SettingsChange> decode_settings(std::string_view body);
Result<MtlsRule> decode_mtls(std::string_view body);
Result<Edges> decode_edges(std::string_view body);

}  // namespace mortise::client
