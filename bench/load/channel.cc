#include "bench/load/channel.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mortise::bench {

namespace {

std::unexpected<std::string> fail(const std::string& what) { return std::unexpected(what); }

void send_at_once(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string on_the_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const auto& name : protocols) wire += static_cast<char>(name.size()) + name;
  return wire;
}

bool take_files(SSL_CTX* context, const TlsFiles& files) {
  if (SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) return false;
  if (files.certificate.empty()) return true;
  return SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
}

}  // namespace

std::expected<TlsSettings, std::string> load_tls(const TlsFiles& files, Side side) {
  TlsSettings context(
      SSL_CTX_new(side == Side::client ? TLS_client_method() : TLS_server_method()));
  if (!context || !take_files(context.get(), files)) return fail("TLS files: cannot be used");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context.get(), "X25519");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  const auto alpn = on_the_wire(files.alpn);
  if (side == Side::client && !alpn.empty() &&
      SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size())) != 0)
    return fail("TLS: no such ALPN list");
  return context;
}

std::expected<sockaddr_in, std::string> resolve(const std::string& host_and_port) {
  const auto colon = host_and_port.rfind(':');
  if (colon == std::string::npos) return fail(host_and_port + ": HOST:PORT is needed");
  const addrinfo wanted{.ai_flags = 0,
                        .ai_family = AF_INET,
                        .ai_socktype = SOCK_STREAM,
                        .ai_protocol = 0,
                        .ai_addrlen = 0,
                        .ai_addr = nullptr,
                        .ai_canonname = nullptr,
                        .ai_next = nullptr};
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host_and_port.substr(0, colon).c_str(),
                                  host_and_port.substr(colon + 1).c_str(), &wanted, &found);
  if (error != 0) return fail(host_and_port + ": " + ::gai_strerror(error));
  sockaddr_in address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  ::freeaddrinfo(found);
  return address;
}

std::expected<int, std::string> listen_on(const sockaddr_in& address) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(descriptor, 4096) == 0)
    return descriptor;
  const std::string reason = std::strerror(errno);
  ::close(descriptor);
  return fail("listen: " + reason);
}

Channel::Channel(int accepted, SSL_CTX* tls) : descriptor_(accepted) {
  send_at_once(descriptor_);
  if (tls != nullptr && !start_tls(tls, Side::server)) close();
}

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  ssl_ = std::exchange(other.ssl_, nullptr);
  established_ = std::exchange(other.established_, false);
  return *this;
}

bool Channel::connect(const sockaddr_in& to, SSL_CTX* tls, const sockaddr_in& from) {
  close();
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  send_at_once(descriptor_);
  const int late = 1;  // choose the port when the destination is known
  if (from.sin_addr.s_addr != 0 &&
      (::setsockopt(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late) != 0 ||
       ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)) {
    close();
    return false;
  }
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    close();
    return false;
  }
  if (tls != nullptr && !start_tls(tls, Side::client)) close();
  return is_open();
}

bool Channel::start_tls(SSL_CTX* tls, Side side) {
  ssl_ = SSL_new(tls);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, descriptor_) != 1) return false;
  if (side == Side::client) {
    SSL_set_connect_state(ssl_);
  } else {
    SSL_set_accept_state(ssl_);
  }
  return true;
}

Channel::Step Channel::establish() {
  if (established_) return Step::done;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Step::failed;
  if (ssl_ != nullptr) {
    const int returned = SSL_do_handshake(ssl_);
    if (returned != 1) return tls_outcome(returned).step;
  }
  established_ = true;
  return Step::done;
}

Channel::Moved Channel::tls_outcome(int returned) const {
  if (returned > 0) return {.step = Step::done, .bytes = static_cast<std::size_t>(returned)};
  const int reason = SSL_get_error(ssl_, returned);
  ERR_clear_error();
  if (reason == SSL_ERROR_WANT_READ) return {.step = Step::want_read};
  if (reason == SSL_ERROR_WANT_WRITE) return {.step = Step::want_write};
  return {.step = reason == SSL_ERROR_ZERO_RETURN ? Step::closed : Step::failed};
}

Channel::Moved Channel::read(std::span<char> into) {
  if (ssl_ != nullptr)
    return tls_outcome(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
  const auto got = ::recv(descriptor_, into.data(), into.size(), 0);
  if (got > 0) return {.step = Step::done, .bytes = static_cast<std::size_t>(got)};
  if (got == 0) return {.step = Step::closed};
  return {.step = errno == EAGAIN ? Step::want_read : Step::failed};
}

Channel::Moved Channel::write(std::span<const char> from) {
  if (ssl_ != nullptr)
    return tls_outcome(SSL_write(ssl_, from.data(), static_cast<int>(from.size())));
  const auto put = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL);
  if (put >= 0) return {.step = Step::done, .bytes = static_cast<std::size_t>(put)};
  return {.step = errno == EAGAIN ? Step::want_write : Step::failed};
}

void Channel::finish_writing() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(descriptor_, SHUT_WR);
}

void Channel::close() {
  if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  established_ = false;
}

std::string Channel::tls_facts() const {
  if (ssl_ == nullptr) return {};
  const char* group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(ssl_) & 0xFFFF));
  return std::string(SSL_get_version(ssl_)) + " " + SSL_get_cipher_name(ssl_) + " " +
         (group == nullptr ? "?" : group);
}

}  // namespace mortise::bench
