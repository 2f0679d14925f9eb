#include "bench/load/generator.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace mortise::bench {

namespace {

constexpr std::size_t kOpenAtOnce = 64;
constexpr std::chrono::seconds kPatience{10};  // for the answers to what was sent
constexpr std::chrono::seconds kOpenPatience{60};

std::uint64_t nanoseconds(Clock::duration duration) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::nanoseconds(duration).count()));
}

}  // namespace

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Generator::Generator(const Options& options, sockaddr_in to, SSL_CTX* tls)
    : options_(options),
      to_(to),
      tls_(tls),
      request_(request_text(options)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(options.connections) {
  for (std::size_t index = 0; index < connections_.size(); ++index) free_.push_back(index);
}

Generator::~Generator() { ::close(epoll_); }

bool Generator::prime() {
  const auto deadline = Clock::now() + kOpenPatience;
  const auto all = connections_.size();
  ends_ = deadline;
  std::size_t started = 0;
  while (outcome_.errors.empty() && (started < all || is_busy()) && Clock::now() < deadline) {
    while (started < all && connections_.size() - free_.size() < kOpenAtOnce) {
      const auto index = free_.front();
      free_.pop_front();
      begin(index, Clock::now());
      ++started;
    }
    poll_until(deadline);
  }
  if (is_busy() && outcome_.errors.empty()) ++outcome_.errors["timeout"];
  return outcome_.errors.empty();
}

Clock::time_point Generator::due(std::uint64_t number) const {
  return began_ + std::chrono::nanoseconds(
                      static_cast<std::int64_t>(static_cast<double>(number) / options_.rate * 1e9));
}

void Generator::run() {
  const double cpu_before = cpu_seconds();
  began_ = Clock::now();
  ends_ = began_ + std::chrono::nanoseconds(static_cast<std::int64_t>(options_.seconds * 1e9));
  const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
  while (options_.rate > 0 ? outcome_.intended < total : Clock::now() < ends_) {
    const auto now = Clock::now();
    send_due(now);
    if (now > ends_ + kPatience) break;  // nothing gets through
    const bool may_send = options_.rate > 0 && !free_.empty() && outcome_.intended < total;
    poll_until(may_send ? due(outcome_.intended) : ends_ + kPatience);
  }
  drain(Clock::now() + kPatience);
  outcome_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  outcome_.cpu_seconds = cpu_seconds() - cpu_before;
}

void Generator::send_due(Clock::time_point now) {
  const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
  while (!free_.empty()) {
    auto intended = now;
    if (options_.rate > 0) {
      if (outcome_.intended == total) return;
      intended = due(outcome_.intended);
      if (intended > now) return;
      outcome_.lag.add(nanoseconds(now - intended));
    } else if (now >= ends_) {
      return;
    }
    const auto index = free_.front();
    free_.pop_front();
    ++outcome_.intended;
    begin(index, intended);
  }
}

void Generator::drain(Clock::time_point deadline) {
  while (is_busy() && Clock::now() < deadline) poll_until(deadline);
  const auto missing = connections_.size() - free_.size();
  if (missing > 0) outcome_.errors["timeout"] += missing;
  const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
  if (outcome_.intended < total) outcome_.errors["never sent"] += total - outcome_.intended;
}

void Generator::begin(std::size_t index, Clock::time_point intended) {
  auto& connection = connections_[index];
  connection.intended = intended;
  connection.sent = 0;
  connection.response.reset();
  if (!connection.channel.is_open()) {
    open(index);
  } else {
    connection.state = Connection::State::sending;
    send(index);
  }
}

void Generator::open(std::size_t index) {
  auto& connection = connections_[index];
  connection.state = Connection::State::connecting;
  if (!connection.channel.connect(to_, tls_)) return lose(index, "connect");
  connection.watches_writable = true;
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.u64 = index}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.channel.descriptor(), &event) != 0)
    lose(index, "descriptors");
}

void Generator::watch(std::size_t index, bool writable) {
  connections_[index].watches_writable = writable;
  epoll_event event{.events = EPOLLIN | (writable ? EPOLLOUT : 0U), .data = {.u64 = index}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connections_[index].channel.descriptor(), &event);
}

void Generator::poll_until(Clock::time_point when) {
  const auto left = std::max(Clock::duration::zero(), when - Clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  std::array<epoll_event, 256> events;
  const int ready =
      ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
  for (int i = 0; i < ready; ++i) advance(events[static_cast<std::size_t>(i)].data.u64);
}

void Generator::advance(std::size_t index) {
  using enum Connection::State;
  switch (connections_[index].state) {
    case connecting: {
      auto& channel = connections_[index].channel;
      const auto step = channel.establish();
      if (step == Channel::Step::want_read) return watch(index, false);
      if (step == Channel::Step::want_write) return watch(index, true);
      if (step != Channel::Step::done) return lose(index, tls_ == nullptr ? "connect" : "tls");
      count_tls(connections_[index]);
      connections_[index].state = sending;
      return send(index);
    }
    case sending:
      return send(index);
    case receiving:
      return receive(index);
    case idle:
      return hear_idle(index);
    case closed:
      return;
  }
}

// Session tickets may come late. Anything else means that the other side closed, or said something
// that nobody asked for: the next request reconnects.
void Generator::hear_idle(std::size_t index) {
  std::array<char, 512> buffer;
  auto& connection = connections_[index];
  if (connection.channel.read(buffer).step == Channel::Step::want_read) return;
  connection.channel.close();
  connection.state = Connection::State::closed;
  ++outcome_.errors["closed while idle"];
}

void Generator::count_tls(const Connection& connection) {
  if (tls_ == nullptr) return;
  const auto facts = connection.channel.tls_facts();
  ++outcome_.tls[facts];
  if (!options_.expect_tls.empty() && facts != options_.expect_tls) ++outcome_.errors["tls facts"];
}

void Generator::send(std::size_t index) {
  auto& connection = connections_[index];
  while (connection.sent < request_.size()) {
    const auto moved = connection.channel.write(std::span(request_).subspan(connection.sent));
    if (moved.step == Channel::Step::want_write) return watch(index, true);
    if (moved.step == Channel::Step::want_read) return;
    if (moved.step != Channel::Step::done) return lose(index, "reset");
    connection.sent += moved.bytes;
  }
  connection.state = Connection::State::receiving;
  if (connection.watches_writable) watch(index, false);
}

void Generator::receive(std::size_t index) {
  auto& connection = connections_[index];
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto moved = connection.channel.read(buffer);
    if (moved.step == Channel::Step::want_read) return;
    if (moved.step != Channel::Step::done)
      return lose(index, moved.step == Channel::Step::closed ? "closed early" : "reset");
    const auto state = connection.response.feed({buffer.data(), moved.bytes});
    if (state == Response::State::broken) return lose(index, "framing");
    if (state == Response::State::complete) return complete(index);
  }
}

void Generator::complete(std::size_t index) {
  auto& connection = connections_[index];
  const auto& response = connection.response;
  if (response.status() != options_.expect_status)
    return lose(index, "status " + std::to_string(response.status()));
  if (response.body_bytes() != options_.expect_bytes) return lose(index, "body bytes");
  outcome_.latency.add(nanoseconds(Clock::now() - connection.intended));
  ++outcome_.completed;
  outcome_.body_bytes += response.body_bytes();
  if (options_.per_request) {
    connection.channel.close();
    connection.state = Connection::State::closed;
  } else if (response.closes()) {
    return lose(index, "not kept alive");
  } else {
    connection.state = Connection::State::idle;
  }
  free_.push_back(index);
}

void Generator::lose(std::size_t index, const std::string& kind) {
  ++outcome_.errors[kind];
  connections_[index].channel.close();
  connections_[index].state = Connection::State::closed;
  free_.push_back(index);
}

std::size_t Generator::count_closed() {
  poll_until(Clock::now());
  return static_cast<std::size_t>(std::ranges::count_if(
      connections_, [](const Connection& one) { return !one.channel.is_open(); }));
}

}  // namespace mortise::bench
