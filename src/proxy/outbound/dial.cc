#include "proxy/outbound/dial.h"

#include "io/race.h"

namespace mortise::proxy {

io::Task<std::expected<std::unique_ptr<io::Stream>, DialFailure>> dial(
    io::Loop& loop, io::Network& network, const Limits& limits, LegTarget target,
    std::shared_ptr<const Identity> identity) {
  auto connected = co_await network.connect({target.address, std::nullopt, limits.connect});
  if (!connected) co_return std::unexpected(DialFailure{false, connected.error()});
  if (!target.mutual_tls) co_return *std::move(connected);
  if (target.accepted_identities.empty()) {
    co_return std::unexpected(
        DialFailure{true, Error(Code::denied, "no identity to accept is known (K-22)")});
  }
  io::TlsClientOptions options{std::move(target.server_name), std::move(target.alpn),
                               std::move(target.accepted_identities)};
  auto secured = co_await io::with_deadline(
      loop, limits.handshake, "TLS handshake",
      io::tls_connect(loop, *std::move(connected), identity->context, std::move(options)));
  if (!secured) co_return std::unexpected(DialFailure{true, secured.error()});
  co_return *std::move(secured);
}

}  // namespace mortise::proxy
