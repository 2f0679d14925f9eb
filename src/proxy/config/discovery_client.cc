#include "proxy/config/discovery_client.h"

#include <fmt/format.h>

#include "base/process_limits.h"
#include "proxy/first_of.h"
#include "proxy/version.h"

namespace mortise::proxy {
namespace {

constexpr auto kMethod = "/mortise.discovery.v1.Discovery/Stream";

}  // namespace

io::Task<void> DiscoveryClient::run() {
  for (;;) {
    const auto ended = co_await session();
    talking_ = connected_ = false;
    const auto wait = backoff_.next(parts_.loop.random());
    parts_.log.warning(
        fmt::format("discovery: {}; the last configuration stays in force; next "
                    "attempt in {} ms",
                    ended ? "the control plane ended the stream" : ended.error().what(),
                    wait / std::chrono::milliseconds(1)));
    co_await parts_.loop.sleep_for(wait);
  }
}

io::Task<Result<void>> DiscoveryClient::session() {
  CO_TRY(auto stream, co_await parts_.network.connect_unix(parts_.socket));
  const auto channel = rpc::Channel::over(parts_.loop, std::move(stream));
  auto running = channel->run();
  running.start();
  CO_TRY(const auto call, channel->start(kMethod));
  outgoing_.clear();
  refused_ = false;
  send(hello());
  talking_ = true;
  auto ended = co_await first_of(parts_.loop, receive(*call), transmit(*call));
  co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
}

discovery_api::ToControl DiscoveryClient::hello() const {
  discovery_api::ToControl message;
  auto& hello = *message.mutable_hello();
  hello.set_proxy_version(kVersion);
  hello.set_instance(parts_.instance);
  hello.set_last_revision(revision_);
  // What a broken stream left half way may be in force or not: then nothing is claimed, so that
  // everything is told.
  if (certain_) {
    for (const auto& [name, version] : resources_.held()) {
      auto& held = *hello.add_held();
      held.set_name(name);
      held.set_version(version);
    }
  }
  for (const auto& address : addresses_) hello.add_addresses(address);
  return message;
}

io::Task<Result<void>> DiscoveryClient::receive(rpc::ClientCall& call) {
  for (;;) {
    // Waits without deadline: the connection below notices a control plane that went silent.
    CO_TRY(const auto bytes, co_await call.read());
    if (!bytes) co_return Result<void>();
    discovery_api::FromControl message;
    if (!message.ParseFromString(*bytes))
      co_return fail(Code::invalid, "not a FromControl message");
    connected_ = true;
    backoff_.succeeded();
    if (message.has_update()) {
      co_await take(std::move(*message.mutable_update()));
      had_update_ = true;
    } else if (message.has_heartbeat()) {
      if (certain_ && !refused_) revision_ = message.heartbeat().revision();
      // A quiet moment. What the old configuration and the way to the new one took is free now.
      if (std::exchange(had_update_, false)) return_free_memory();
    }
  }
}

// An update that cannot be taken is refused with the reason, and what was there stays in force.
io::Task<void> DiscoveryClient::take(discovery_api::Update update) {
  discovery_api::ToControl message;
  auto& ack = *message.mutable_ack();
  ack.set_nonce(update.nonce());
  ack.set_revision(update.revision());
  const auto taken = co_await put_in_force(update);
  refused_ = !taken;
  if (refused_) {
    ack.set_rejected(taken.error().what());
    parts_.log.error(
        fmt::format("revision {} refused: {}", update.revision(), taken.error().what()));
  }
  send(std::move(message));
}

io::Task<Result<void>> DiscoveryClient::put_in_force(const discovery_api::Update& update) {
  CO_TRY(auto next, resources_.prepare(update));
  // The stream may end, and this task with it, while the traffic loop takes it.
  const bool was_certain = std::exchange(certain_, false);
  const auto done = co_await parts_.put_in_force(next.snapshot());
  certain_ = done.has_value() || was_certain;
  CO_CHECK_OK(done);
  resources_.commit(std::move(next));
  revision_ = update.revision();
  co_return Result<void>();
}

io::Task<Result<void>> DiscoveryClient::transmit(rpc::ClientCall& call) {
  for (;;) {
    while (!outgoing_.empty()) {
      auto message = std::move(outgoing_.front());
      outgoing_.pop_front();
      CO_CHECK_OK(co_await call.write(std::move(message)));
    }
    outgoing_ready_.close();
    co_await outgoing_ready_.opened();  // until there is something to say, or the stream ends
  }
}

// Bounded: one ack per update, and as many subscriptions as the traffic loop asks for.
void DiscoveryClient::send(discovery_api::ToControl message) {
  outgoing_.push_back(message.SerializeAsString());
  outgoing_ready_.open();
}

void DiscoveryClient::subscribe(IpAddress address) {
  if (!addresses_.insert(address.to_string()).second) return;
  discovery_api::ToControl message;
  message.mutable_subscribe()->add_addresses(address.to_string());
  if (talking_) send(std::move(message));  // else Hello will
}

void DiscoveryClient::release(IpAddress address) {
  if (addresses_.erase(address.to_string()) == 0) return;
  discovery_api::ToControl message;
  message.mutable_subscribe()->add_release(address.to_string());
  if (talking_) send(std::move(message));
}

}  // namespace mortise::proxy
