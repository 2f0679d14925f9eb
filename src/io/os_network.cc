#include "io/os_network.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "io/race.h"
#include "io/socket_address.h"
#include "io/socket_listener.h"
#include "io/socket_stream.h"
#include "io/spare.h"

namespace mortise::io {
namespace {

constexpr int kBacklog = 1024;
constexpr int kStreamFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

// A socket's path as the kernel takes it: at most 107 bytes. A longer one is reached through its
// folder's descriptor, which must stay open while the address is used.
struct UnixAddress {
  RawAddress raw;
  Descriptor folder;
};

RawAddress unix_name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  RawAddress raw;
  std::memcpy(&raw.storage, &name, sizeof name);
  raw.size = sizeof name;
  return raw;
}

Result<UnixAddress> unix_address(const std::string& path) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= kLongest) return UnixAddress{unix_name(path), {}};
  const auto slash = path.rfind('/');
  const auto name = path.substr(slash + 1);  // the whole path where there is no slash
  if (slash == std::string::npos || name.size() > kLongest / 2) {
    return fail(Code::invalid, path + ": too long for a unix socket");
  }
  Descriptor folder(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return fail_errno("open the folder of " + path);
  const auto shorter = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + name;
  return UnixAddress{unix_name(shorter), std::move(folder)};
}

Result<Descriptor> bound_socket(const Network::Dial& dial) {
  Descriptor socket(::socket(dial.to.ip.is_v4() ? AF_INET : AF_INET6, kStreamFlags, 0));
  if (!socket.valid()) return fail_errno("make a socket");
  if (dial.from) {
    const int on = 1;
    setsockopt(socket.get(), SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto raw = to_raw({*dial.from, 0});
    if (::bind(socket.get(), raw.get(), raw.size) != 0) {
      return fail_errno("bind " + dial.from->to_string());
    }
  }
  return socket;
}

Task<Result<void>> connected(SocketStream& stream) {
  co_await stream.writable();
  if (const int error = stream.pending_error(); error != 0) co_return fail_errno("connect", error);
  co_return Result<void>();
}

// What is given must be the socket that we just made: in a folder of somebody we do not trust, the
// path may lead to anything by now. A hard link to some other socket of ours has two names.
Result<void> give(const std::string& path, uid_t owner) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat found{};
  if (!file.valid() || fstat(file.get(), &found) != 0) return fail_errno("look at " + path);
  if (!S_ISSOCK(found.st_mode) || found.st_nlink != 1 || found.st_uid != geteuid()) {
    return fail(Code::denied, path + " was replaced while it was made");
  }
  if (::fchownat(file.get(), "", owner, static_cast<gid_t>(-1), AT_EMPTY_PATH) != 0) {
    return fail_errno("give " + path + " to its owner");
  }
  return {};
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> OsNetwork::connect(Dial dial) {
  const auto step = "connect to " + dial.to.to_string();
  CO_TRY(auto socket, bound_socket(dial));
  if (is_spare(socket.get(), spare_ / 2)) {
    co_return fail(Code::exhausted, step + ": the process has as many descriptors as it may have");
  }
  const auto raw = to_raw(dial.to);
  const bool at_once = ::connect(socket.get(), raw.get(), raw.size) == 0;
  if (!at_once && errno != EINPROGRESS) co_return fail_errno(step);
  CO_TRY(auto stream, SocketStream::adopt(loop_, std::move(socket)));
  if (!at_once) {
    stream->writable_.close();  // the edge that tells of the outcome is still to come
    auto outcome = co_await with_deadline(loop_, dial.limit, "connect", connected(*stream));
    if (!outcome) co_return fail(outcome.error().code(), step + ": " + outcome.error().what());
  }
  co_return std::unique_ptr<Stream>(std::move(stream));
}

Task<Result<std::unique_ptr<Stream>>> OsNetwork::connect_unix(std::string path) {
  CO_TRY(const auto address, unix_address(path));
  Descriptor socket(::socket(AF_UNIX, kStreamFlags, 0));
  if (!socket.valid()) co_return fail_errno("make a socket");
  // Local and immediate: a full backlog answers EAGAIN, which the caller may try again.
  if (::connect(socket.get(), address.raw.get(), address.raw.size) != 0) {
    co_return fail_errno("connect to " + path);
  }
  CO_TRY(auto stream, SocketStream::adopt(loop_, std::move(socket)));
  co_return std::unique_ptr<Stream>(std::move(stream));
}

Result<std::unique_ptr<Listener>> OsNetwork::listen(SocketAddress address) {
  Descriptor socket(::socket(address.ip.is_v4() ? AF_INET : AF_INET6, kStreamFlags, 0));
  if (!socket.valid()) return fail_errno("make a socket");
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto raw = to_raw(address);
  if (::bind(socket.get(), raw.get(), raw.size) != 0) {
    return fail_errno("listen on " + address.to_string());
  }
  if (::listen(socket.get(), kBacklog) != 0) return fail_errno("listen on " + address.to_string());
  return SocketListener::adopt(loop_, std::move(socket));
}

Result<std::unique_ptr<Listener>> OsNetwork::listen_unix(const std::string& path, mode_t mode,
                                                         std::optional<uid_t> owner) {
  TRY(const auto address, unix_address(path));
  Descriptor socket(::socket(AF_UNIX, kStreamFlags, 0));
  if (!socket.valid()) return fail_errno("make a socket");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("replace " + path);
  // Born with its mode: the folder may belong to somebody we do not trust.
  if (fchmod(socket.get(), mode) != 0) return fail_errno("protect " + path);
  if (::bind(socket.get(), address.raw.get(), address.raw.size) != 0) {
    return fail_errno("listen on " + path);
  }
  if (owner) CHECK_OK(give(path, *owner));
  if (::listen(socket.get(), kBacklog) != 0) return fail_errno("listen on " + path);
  return SocketListener::adopt(loop_, std::move(socket));
}

Result<std::unique_ptr<Listener>> OsNetwork::adopt_listener(int descriptor) {
  return SocketListener::adopt(loop_, Descriptor(descriptor), spare_);
}

}  // namespace mortise::io
