// io/network.h — where streams come from: dialling and listening, over the kernel's sockets
// (OsNetwork) or inside a simulation (sim::SimNetwork).
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "io/stream.h"

namespace mortise::io {

// Who is at the other end of a unix socket, from the kernel.
struct PeerCredentials {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

struct Accepted {
  std::unique_ptr<Stream> stream;
  SocketAddress peer;
  SocketAddress local;
  SocketAddress original_destination;  // SO_ORIGINAL_DST; `local` where nothing redirected it
  std::optional<PeerCredentials> credentials;  // unix sockets only
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The next connection. Waits without deadline: a listener's patience is its purpose.
  // An error is for this connection only (say, out of descriptors) unless `closed` holds.
  virtual Task<Result<Accepted>> accept() = 0;
  [[nodiscard]] virtual SocketAddress address() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  struct Dial {
    SocketAddress to;
    std::optional<IpAddress> from;  // source address to bind, semantics J-25
    Duration limit = std::chrono::seconds(5);
  };
  virtual Task<Result<std::unique_ptr<Stream>>> connect(Dial dial) = 0;
  virtual Task<Result<std::unique_ptr<Stream>>> connect_unix(std::string path) = 0;

  virtual Result<std::unique_ptr<Listener>> listen(SocketAddress address) = 0;
  // Replaces a stale socket file; the file has this mode (0600) and, if given, this owner.
  virtual Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, mode_t mode,
                                                        std::optional<uid_t> owner) = 0;
  // Takes over a listening socket made by somebody else (the supervisor).
  virtual Result<std::unique_ptr<Listener>> adopt_listener(int descriptor) = 0;
};

}  // namespace mortise::io
