// bench/load/generator.h — sends requests at their intended times and measures from those times,
// so that an answer delayed by a stalled server counts with its whole delay.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "bench/load/response.h"

namespace mortise::bench {

using Clock = std::chrono::steady_clock;

// User and system time of this process so far.
double cpu_seconds();

// What one run saw. Any error makes its figures worthless; the caller decides.
struct Outcome {
  std::uint64_t intended = 0;   // requests that were due
  std::uint64_t completed = 0;  // answered as expected
  std::uint64_t body_bytes = 0;
  std::map<std::string, std::uint64_t> errors;  // by kind
  std::map<std::string, std::uint64_t> tls;     // negotiated parameters: connections
  Histogram latency;                            // ns, from the intended time
  Histogram lag;  // ns, from the intended time to the send, where a connection was free
  double seconds = 0;
  double cpu_seconds = 0;  // of this process
};

class Generator {
 public:
  // `tls` may be null. `to` is where every connection goes.
  Generator(const Options& options, sockaddr_in to, SSL_CTX* tls);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Opens every connection and has one request answered on each. False: something failed, see
  // outcome().errors.
  bool prime();
  // The measured part: fixed rate or closed loop.
  void run();
  // Connections that the other side has closed since prime().
  std::size_t count_closed();

  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  void forget() { outcome_ = Outcome(); }

 private:
  struct Connection {
    enum class State { closed, connecting, idle, sending, receiving };
    Channel channel;
    State state = State::closed;
    bool watches_writable = false;
    std::size_t sent = 0;
    Clock::time_point intended;
    Response response;
  };

  void send_due(Clock::time_point now);
  void begin(std::size_t index, Clock::time_point intended);
  void open(std::size_t index);
  void advance(std::size_t index);
  void hear_idle(std::size_t index);
  void send(std::size_t index);
  void receive(std::size_t index);
  void complete(std::size_t index);
  void lose(std::size_t index, const std::string& kind);
  void count_tls(const Connection& connection);
  void watch(std::size_t index, bool writable);
  void poll_until(Clock::time_point when);
  void drain(Clock::time_point deadline);
  [[nodiscard]] bool is_busy() const { return free_.size() < connections_.size(); }
  [[nodiscard]] Clock::time_point due(std::uint64_t number) const;

  const Options& options_;
  const sockaddr_in to_;
  SSL_CTX* const tls_;
  const std::string request_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;  // first in, first out: all connections are used alike
  Clock::time_point began_;
  Clock::time_point ends_;
  Outcome outcome_;
};

}  // namespace mortise::bench
