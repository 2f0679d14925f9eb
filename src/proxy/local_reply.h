// proxy/local_reply.h — what the sidecar answers itself, in fixed words (semantics ).
// Reasons for a failure go to the log and to telemetry, never into an answer (invariant 7).
#pragma once

#include <string>
#include <string_view>

namespace mortise::proxy {

enum class Reset { connection_failure, connection_termination, protocol_error };

struct LocalReply {
  int status = 503;
  std::string_view body;  // a literal
};

LocalReply upstream_reset(Reset reason);
LocalReply no_healthy_upstream();
LocalReply bad_request();
LocalReply head_too_large();
LocalReply request_timed_out();

// The whole answer; without its body for a HEAD request.
std::string render(const LocalReply& reply, bool close, bool head_request);

}  // namespace mortise::proxy
