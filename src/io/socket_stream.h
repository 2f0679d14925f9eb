// io/socket_stream.h — a connected TCP or unix socket as a Stream.
#pragma once

#include "io/epoll_loop.h"
#include "io/stream.h"

namespace mortise::io {

class SocketStream final : public Stream, private EpollClient {
 public:
  // Takes over a connected, non-blocking socket.
  static Result<std::unique_ptr<SocketStream>> adopt(EpollLoop& loop, Descriptor socket);
  ~SocketStream() override;

  Result<Progress> try_read(std::span<char> into) override;
  Result<Progress> try_write(std::span<const char> from) override;
  Gate::Wait readable() override { return readable_.opened(); }
  Gate::Wait writable() override { return writable_.opened(); }
  void finish_writing() override;
  void abort() override;

  // The pending error of the socket after a connect: 0 or errno.
  [[nodiscard]] int pending_error() const;

 private:
  friend class OsNetwork;
  SocketStream(EpollLoop& loop, Descriptor socket);
  void on_events(std::uint32_t events) override;

  EpollLoop& loop_;
  Descriptor socket_;
  Gate readable_;
  Gate writable_;
  bool hung_up_ = false;  // the peer's end has been announced; reads run dry without an edge
};

}  // namespace mortise::io
