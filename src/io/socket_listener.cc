#include "io/socket_listener.h"

#include <fcntl.h>
#include <netinet/in.h>

#include <cerrno>

#include "io/socket_address.h"
#include "io/socket_stream.h"
#include "io/spare.h"

namespace mortise::io {
namespace {

// SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST; their headers do not go together with netinet/in.h.
constexpr int kOriginalDestination = 80;
constexpr int kMostRefusedAtOnce = 256;  // then others get their turn

SocketAddress local_address(int socket) {
  RawAddress raw;
  if (getsockname(socket, raw.get(), &raw.size) != 0) return {};
  return from_raw(raw);
}

// Where the peer meant to go before a rule redirected it (semantics J-27).
SocketAddress original_destination(int socket, const SocketAddress& local) {
  RawAddress raw;
  const bool four = local.ip.is_v4();
  if (getsockopt(socket, four ? SOL_IP : SOL_IPV6, kOriginalDestination, raw.get(), &raw.size) !=
      0) {
    return local;  // nothing redirected this connection
  }
  return from_raw(raw);
}

// The peer hears of it at once, as of a port on which nobody listens.
void reset(int socket) {
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

std::optional<PeerCredentials> credentials(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return PeerCredentials{peer.uid, peer.gid, peer.pid};
}

}  // namespace

SocketListener::SocketListener(EpollLoop& loop, Descriptor socket, int spare)
    : loop_(loop), socket_(std::move(socket)), spare_(spare), waiting_(loop, true) {
  int domain = 0;
  socklen_t size = sizeof domain;
  getsockopt(socket_.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size);
  unix_ = domain == AF_UNIX;
  address_ = local_address(socket_.get());
}

Result<std::unique_ptr<Listener>> SocketListener::adopt(EpollLoop& loop, Descriptor socket,
                                                        int spare) {
  const int flags = fcntl(socket.get(), F_GETFL);
  if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0) {
    return fail_errno("take over a listening socket");
  }
  std::unique_ptr<SocketListener> listener(new SocketListener(loop, std::move(socket), spare));
  CHECK_OK(loop.add(listener->socket_.get(), EPOLLIN, *listener));
  return listener;
}

Task<Result<Accepted>> SocketListener::accept() {
  for (;;) {
    RawAddress raw;
    Descriptor connection(
        ::accept4(socket_.get(), raw.get(), &raw.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.valid() && is_spare(connection.get(), spare_)) {
      reset(connection.get());
      if (++refused_ >= kMostRefusedAtOnce) co_return tell_refused();
      continue;
    }
    if (connection.valid()) {
      const auto peer = from_raw(raw);
      auto accepted = describe(std::move(connection));
      if (accepted) accepted->peer = peer;
      co_return accepted;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    // Out of descriptors or memory: the connection stays in the backlog and may be tried again.
    if (errno != EAGAIN) co_return fail_errno("accept");
    waiting_.close();
    if (refused_ > 0) co_return tell_refused();
    // Waits without deadline: a server has nothing else to do until somebody comes.
    co_await waiting_.opened();
  }
}

std::unexpected<Error> SocketListener::tell_refused() {
  return fail(Code::exhausted, "the process has as many descriptors as it may have: refused " +
                                   std::to_string(std::exchange(refused_, 0)) + " connections");
}

Result<Accepted> SocketListener::describe(Descriptor connection) {
  Accepted accepted;
  if (unix_) {
    accepted.credentials = credentials(connection.get());
  } else {
    accepted.local = local_address(connection.get());
    accepted.original_destination = original_destination(connection.get(), accepted.local);
  }
  TRY(accepted.stream, SocketStream::adopt(loop_, std::move(connection)));
  return accepted;
}

}  // namespace mortise::io
