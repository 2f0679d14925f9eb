// proxy/upstream.h — what an HTTP connection needs to know about the far side: where the next
// request goes. Outbound answers with a leg to an endpoint, inbound with the application.
#pragma once

#include <expected>
#include <memory>

#include "io/task.h"
#include "proxy/leg.h"
#include "proxy/local_reply.h"
#include "proxy/telemetry/edges.h"

namespace mortise::proxy {

// Counts a request that an endpoint works on, for least-requests balancing.
class ActiveRequest {
 public:
  ActiveRequest() = default;
  explicit ActiveRequest(int& active) : active_(&active) { ++active; }
  ActiveRequest(ActiveRequest&& other) noexcept : active_(std::exchange(other.active_, nullptr)) {}
  ActiveRequest& operator=(ActiveRequest&& other) noexcept {
    std::swap(active_, other.active_);
    return *this;
  }
  ~ActiveRequest() {
    if (active_ != nullptr) --*active_;
  }

 private:
  int* active_ = nullptr;
};

struct Route {
  std::unique_ptr<LegStream> leg;
  EdgeTable::Use edge;
  ActiveRequest active;
};

class Upstream {
 public:
  virtual ~Upstream() = default;
  // A stream for the next request, or what to tell the client. Nothing of the request has been
  // sent before, so trying elsewhere is safe here and only here (K-25).
  virtual io::Task<std::expected<Route, LocalReply>> open() = 0;
  // Whether the connection may still serve: a policy may have changed under it.
  [[nodiscard]] virtual bool still_allowed() const { return true; }
};

}  // namespace mortise::proxy
