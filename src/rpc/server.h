// rpc/server.h — gRPC calls served on one HTTP/2 connection. Plain bytes as messages: who calls
// turns them into protobuf.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "io/stream.h"
#include "rpc/status.h"

namespace mortise::rpc {

// One call, seen from the server. Lives on its connection's loop; one reader and one writer at a
// time.
class ServerCall {
 public:
  virtual ~ServerCall() = default;
  // The next message; nothing when the client has sent its last.
  virtual io::Task<Result<std::optional<std::string>>> read() = 0;
  // Waits while the client's flow-control window is used up.
  virtual io::Task<Result<void>> write(std::string message) = 0;
};

// Serves one call. What it captures must outlive the connection; a plain function or a member
// function bound to a long-lived object, never a capturing lambda that is itself a coroutine.
using Method = std::function<io::Task<Status>(ServerCall&)>;
using Methods = std::map<std::string, Method, std::less<>>;  // "/package.Service/Method"

struct Limits {
  std::size_t message_bytes = 4 << 20;
  std::size_t streams = 100;
  Duration keepalive = std::chrono::seconds(10);  // PING when silent; dead after two unanswered
};

// Serves calls until the client leaves or breaks the protocol. Destroying the task cancels its
// calls.
io::Task<Result<void>> serve(io::Loop& loop, io::Stream& stream, const Methods& methods,
                             Limits limits = {});

}  // namespace mortise::rpc
