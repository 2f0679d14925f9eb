#include "io/sim/sim_network.h"

#include <deque>

#include "io/race.h"
#include "io/sim/sim_stream.h"

namespace mortise::io::sim {

class SimListener final : public Listener {
 public:
  SimListener(SimWorld& world, SocketAddress address)
      : world_(world), address_(address), waiting_(world.loop_) {
    world_.listeners_[address] = this;
  }
  ~SimListener() override { world_.listeners_.erase(address_); }

  Task<Result<Accepted>> accept() override {
    while (backlog_.empty()) {
      waiting_.close();
      co_await waiting_.opened();
    }
    Accepted next = std::move(backlog_.front());
    backlog_.pop_front();
    co_return next;
  }
  [[nodiscard]] SocketAddress address() const override { return address_; }

  void deliver(Accepted accepted) {
    backlog_.push_back(std::move(accepted));
    waiting_.open();
  }

 private:
  SimWorld& world_;
  SocketAddress address_;
  std::deque<Accepted> backlog_;
  Gate waiting_;
};

class SimNetwork final : public Network {
 public:
  SimNetwork(SimWorld& world, IpAddress host, bool sidecar)
      : world_(world), host_(host), sidecar_(sidecar) {}

  Task<Result<std::unique_ptr<Stream>>> connect(Dial dial) override {
    const auto& faults = world_.faults;
    co_await world_.loop_.sleep_for(faults.least_delay);
    const auto source = dial.from.value_or(host_);
    const auto route = world_.route(host_, sidecar_, source, dial.to);
    if (route.listener == nullptr || world_.loop_.random().fraction() < faults.refuse) {
      co_return fail(Code::unavailable,
                     "connect to " + dial.to.to_string() + ": Connection refused");
    }
    const SocketAddress client{source, world_.next_port_++};
    auto& connection = *world_.connections_.emplace_back(
        std::make_unique<Connection>(world_.loop_, client, route.listener->address()));
    Accepted accepted;
    accepted.stream = std::make_unique<SimStream>(world_, connection, false);
    accepted.peer = client;
    accepted.local = route.listener->address();
    accepted.original_destination = route.original;
    route.listener->deliver(std::move(accepted));
    co_return std::make_unique<SimStream>(world_, connection, true);
  }

  Task<Result<std::unique_ptr<Stream>>> connect_unix(std::string path) override {
    co_return fail(Code::unavailable, path + ": no unix sockets in this simulation");
  }

  Result<std::unique_ptr<Listener>> listen(SocketAddress address) override {
    if (address.ip == IpAddress()) address.ip = host_;
    if (world_.find(address) != nullptr) {
      return fail(Code::conflict, "listen on " + address.to_string() + ": Address already in use");
    }
    return std::make_unique<SimListener>(world_, address);
  }

  Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, mode_t,
                                                std::optional<uid_t>) override {
    return fail(Code::unavailable, path + ": no unix sockets in this simulation");
  }

  Result<std::unique_ptr<Listener>> adopt_listener(int) override {
    return fail(Code::unavailable, "no descriptors in this simulation");
  }

 private:
  SimWorld& world_;
  IpAddress host_;
  bool sidecar_;
};

SimWorld::SimWorld(SimLoop& loop) : loop_(loop) {}

SimWorld::~SimWorld() = default;

void SimWorld::forget(Connection& connection) {
  std::erase_if(connections_, [&](const auto& held) { return held.get() == &connection; });
}

std::unique_ptr<Network> SimWorld::process(IpAddress host, bool sidecar) {
  return std::make_unique<SimNetwork>(*this, host, sidecar);
}

void SimWorld::capture(IpAddress host, std::uint16_t outbound_port, std::uint16_t inbound_port) {
  captures_[host] = {outbound_port, inbound_port};
}

void SimWorld::balance(SocketAddress service, std::vector<SocketAddress> endpoints) {
  services_[service] = std::move(endpoints);
}

SimListener* SimWorld::find(SocketAddress address) {
  const auto found = listeners_.find(address);
  return found == listeners_.end() ? nullptr : found->second;
}

SimWorld::Route SimWorld::route(IpAddress host, bool sidecar, IpAddress source, SocketAddress to) {
  const auto captured_at = [&](IpAddress ip) {
    const auto found = captures_.find(ip);
    return found == captures_.end() ? nullptr : &found->second;
  };
  // The application's own calls, except to itself on its own address (semantics J-23).
  if (const auto* own = captured_at(host); own != nullptr && !sidecar && to.ip != host) {
    return {find({host, own->outbound}), to};
  }
  if (const auto service = services_.find(to); service != services_.end()) {
    if (service->second.empty()) return {nullptr, to};
    to = service->second[loop_.random().below(service->second.size())];
  }
  const bool from_own_sidecar_to_application = host == to.ip && source != host;
  const bool own_application = host == to.ip && !sidecar;
  const auto* theirs = captured_at(to.ip);
  if (theirs != nullptr && !from_own_sidecar_to_application && !own_application) {
    return {find({to.ip, theirs->inbound}), to};
  }
  return {find(to), to};
}

}  // namespace mortise::io::sim
