#include "io/socket_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace mortise::io {

SocketStream::SocketStream(EpollLoop& loop, Descriptor socket)
    : loop_(loop), socket_(std::move(socket)), readable_(loop, true), writable_(loop, true) {}

Result<std::unique_ptr<SocketStream>> SocketStream::adopt(EpollLoop& loop, Descriptor socket) {
  const int on = 1;
  // Fails on unix sockets, which have nothing to delay.
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::unique_ptr<SocketStream> stream(new SocketStream(loop, std::move(socket)));
  CHECK_OK(loop.add(stream->socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP, *stream));
  return stream;
}

SocketStream::~SocketStream() {
  if (socket_.valid()) loop_.remove(socket_.get());
}

void SocketStream::on_events(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_.open();
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_.open();
}

Result<Progress> SocketStream::try_read(std::span<char> into) {
  if (!readable_.is_open()) return Progress{};
  for (;;) {
    const auto count = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (count > 0) {
      const auto bytes = static_cast<std::size_t>(count);
      // A short read has emptied the socket: the next arrival is a new edge.
      if (bytes < into.size() && !hung_up_) readable_.close();
      return Progress::of(bytes);
    }
    if (count == 0) return Progress{Progress::closed, 0};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail_errno("read");
    readable_.close();
    return Progress{};
  }
}

Result<Progress> SocketStream::try_write(std::span<const char> from) {
  if (!writable_.is_open()) return Progress{};
  for (;;) {
    const auto count = ::send(socket_.get(), from.data(), from.size(), MSG_NOSIGNAL);
    if (count >= 0) return Progress::of(static_cast<std::size_t>(count));
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail_errno("write");
    writable_.close();
    return Progress{};
  }
}

void SocketStream::finish_writing() { ::shutdown(socket_.get(), SHUT_WR); }

void SocketStream::abort() {
  // Closing with a zero linger time sends a reset instead of an orderly end (semantics S-31).
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  loop_.remove(socket_.get());
  socket_.reset();
  readable_.open();
  writable_.open();
}

int SocketStream::pending_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace mortise::io
