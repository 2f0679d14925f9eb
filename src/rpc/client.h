// rpc/client.h — gRPC calls made over one HTTP/2 connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "io/stream.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace mortise::rpc {

// One call, seen from the client. One reader and one writer at a time. Destroying it resets the
// stream; it may outlive its channel, and then fails.
class ClientCall {
 public:
  virtual ~ClientCall() = default;
  virtual io::Task<Result<void>> write(std::string message) = 0;
  virtual void finish_writing() = 0;
  // The next message; nothing when the server ended the call with OK; else its status as Error.
  virtual io::Task<Result<std::optional<std::string>>> read() = 0;
};

class Channel {
 public:
  virtual ~Channel() = default;
  static std::unique_ptr<Channel> over(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                                       Limits limits = {});
  // Runs the connection; ends when it is over. Start it before the first call, and destroy the task
  // before the channel: that says GOAWAY and ends the calls that are left.
  virtual io::Task<Result<void>> run() = 0;
  virtual Result<std::unique_ptr<ClientCall>> start(std::string method) = 0;
  // One request, one answer.
  virtual io::Task<Result<std::string>> call(std::string method, std::string request,
                                             Duration limit) = 0;
};

}  // namespace mortise::rpc
