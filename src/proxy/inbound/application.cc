#include "proxy/inbound/application.h"

#include <fmt/format.h>

namespace mortise::proxy {
namespace {

const IpAddress kOwnSource = IpAddress::v4(0x7f000006);

}  // namespace

io::Task<Result<std::unique_ptr<io::Stream>>> Application::dial() {
  const SocketAddress to{worker_.self.address, port_};
  co_return co_await worker_.network.connect({to, kOwnSource, worker_.limits.connect});
}

io::Task<Result<void>> Application::connect() {
  if (early_ != nullptr) co_return Result<void>();
  CO_TRY(early_, co_await dial());
  held_.emplace(*early_);
  co_return Result<void>();
}

io::Task<Result<void>> Application::first_bytes() {
  if (!held_->empty()) co_return Result<void>();
  CO_CHECK_OK(co_await held_->fill());  // ends with the race it is part of
  co_return Result<void>();
}

void Application::abort() {
  if (early_ != nullptr) early_->abort();
}

io::Task<std::expected<Route, LocalReply>> Application::open() {
  if (leg_ == nullptr && early_ != nullptr && held_->empty()) {
    held_.reset();
    leg_ = make_exclusive_leg(std::move(early_));
    last_used_ = worker_.loop.now();
  }
  if (!has_fresh_leg()) {
    auto stream = co_await dial();
    if (!stream) {
      worker_.tell(
          fmt::format("inbound: the application on port {}: {}", port_, stream.error().what()));
      ++edge_.sums().requests;
      ++edge_.sums().requests_failed;
      co_return std::unexpected(upstream_reset(Reset::connection_failure));
    }
    leg_ = make_exclusive_leg(*std::move(stream));
  }
  last_used_ = worker_.loop.now();
  co_return Route{leg_->open_stream(), edge_.again(), {}};
}

// Applications drop idle connections after a second or two, and a request that meets the end of
// one cannot be repeated.
bool Application::has_fresh_leg() {
  return leg_ != nullptr && worker_.loop.now() - last_used_ <= worker_.limits.idle_plain_leg &&
         leg_->can_open_stream();
}

bool Application::still_allowed() const {
  return verified_ ||
         worker_.snapshot()->inbound_port(port_).mode != model::MtlsMode::strict;  // invariant 1
}

void Application::serve_peer(bool verified, EdgeTable::Use edge) {
  verified_ = verified;
  edge_ = std::move(edge);
}

}  // namespace mortise::proxy
