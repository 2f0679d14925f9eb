// io/socket_listener.h — a listening socket, made here or handed over by the supervisor.
#pragma once

#include "io/epoll_loop.h"
#include "io/network.h"

namespace mortise::io {

class SocketListener final : public Listener, private EpollClient {
 public:
  static Result<std::unique_ptr<Listener>> adopt(EpollLoop& loop, Descriptor socket);
  ~SocketListener() override { loop_.remove(socket_.get()); }

  Task<Result<Accepted>> accept() override;
  [[nodiscard]] SocketAddress address() const override { return address_; }

 private:
  SocketListener(EpollLoop& loop, Descriptor socket);
  void on_events(std::uint32_t) override { waiting_.open(); }
  Result<Accepted> describe(Descriptor connection);

  EpollLoop& loop_;
  Descriptor socket_;
  SocketAddress address_;
  bool unix_ = false;
  Gate waiting_;
};

}  // namespace mortise::io
