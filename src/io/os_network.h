// io/os_network.h — Network over the kernel's sockets, in the network namespace of this process.
#pragma once

#include "io/epoll_loop.h"
#include "io/network.h"

namespace mortise::io {

class OsNetwork final : public Network {
 public:
  // Listeners that are adopted here leave so many descriptors to everybody else in this process,
  // and half of them to what connects here.
  explicit OsNetwork(EpollLoop& loop, int spare = 0) : loop_(loop), spare_(spare) {}

  Task<Result<std::unique_ptr<Stream>>> connect(Dial dial) override;
  Task<Result<std::unique_ptr<Stream>>> connect_unix(std::string path) override;
  Result<std::unique_ptr<Listener>> listen(SocketAddress address) override;
  Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, mode_t mode,
                                                std::optional<uid_t> owner) override;
  Result<std::unique_ptr<Listener>> adopt_listener(int descriptor) override;

 private:
  EpollLoop& loop_;
  const int spare_;
};

}  // namespace mortise::io
