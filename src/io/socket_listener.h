// io/socket_listener.h — a listening socket, made here or handed over by the supervisor.
#pragma once

#include "io/epoll_loop.h"
#include "io/network.h"

namespace mortise::io {

class SocketListener final : public Listener, private EpollClient {
 public:
  // With `spare`, connections for which only that many descriptors are left are reset at once.
  static Result<std::unique_ptr<Listener>> adopt(EpollLoop& loop, Descriptor socket, int spare = 0);
  ~SocketListener() override { loop_.remove(socket_.get()); }

  Task<Result<Accepted>> accept() override;
  [[nodiscard]] SocketAddress address() const override { return address_; }

 private:
  SocketListener(EpollLoop& loop, Descriptor socket, int spare);
  void on_events(std::uint32_t) override { waiting_.open(); }
  Result<Accepted> describe(Descriptor connection);
  std::unexpected<Error> tell_refused();

  EpollLoop& loop_;
  Descriptor socket_;
  SocketAddress address_;
  const int spare_;
  int refused_ = 0;  // and nobody was told yet
  bool unix_ = false;
  Gate waiting_;
};

}  // namespace mortise::io
