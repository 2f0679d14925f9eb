// control/api/server.h — the REST API on the control plane's own socket: finds the resource that
// a request is for.
#pragma once

#include "control/api/parts.h"
#include "http/server.h"

namespace mortise::control::api {

class Server {
 public:
  explicit Server(Parts parts) : parts_(parts) {}

  // For http::serve; the Server outlives it.
  io::Task<http::Response> answer(http::Request request);

 private:
  Parts parts_;
};

}  // namespace mortise::control::api
