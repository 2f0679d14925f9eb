// `mortise-load`: requests at a fixed rate, or as fast as answers come. Says "ready" once its
// connections are open, begins at a line on standard input, and ends with one line of JSON.
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench/load/generator.h"

namespace {

using namespace std::chrono_literals;
using mortise::bench::Clock;
using mortise::bench::Generator;
using mortise::bench::Histogram;
using mortise::bench::Options;
using mortise::bench::Outcome;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 64;
constexpr auto kAcceptPatience = 30s;
constexpr auto kPause = 200us;  // between two tries of --until-accepted

nlohmann::json microseconds(const Histogram& histogram) {
  nlohmann::json shown = {{"mean", histogram.mean() / 1e3}};
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9},
                                    std::pair{"p99", 0.99}, std::pair{"p999", 0.999}})
    shown[name] = static_cast<double>(histogram.quantile(share)) / 1e3;
  shown["max"] = static_cast<double>(histogram.max()) / 1e3;
  return shown;
}

void print(const nlohmann::json& line) {
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

nlohmann::json shown(const Outcome& outcome) {
  return {{"intended", outcome.intended},
          {"completed", outcome.completed},
          {"body_bytes", outcome.body_bytes},
          {"errors", outcome.errors},
          {"tls", outcome.tls},
          {"seconds", outcome.seconds},
          {"cpu_seconds", outcome.cpu_seconds},
          {"latency_us", microseconds(outcome.latency)},
          {"lag_us", microseconds(outcome.lag)}};
}

// Blocks until the harness says so: it is the one who decides how long to wait.
bool wait_for_line() {
  for (int byte = std::getchar(); byte != EOF; byte = std::getchar())
    if (byte == '\n') return true;
  return false;
}

int until_accepted(const Options& options, const sockaddr_in& to, SSL_CTX* tls) {
  const auto deadline = Clock::now() + kAcceptPatience;
  for (std::uint64_t tries = 1; Clock::now() < deadline; ++tries) {
    Generator generator(options, to, tls);
    if (generator.prime()) {
      print({{"accepted_at_ns", Clock::now().time_since_epoch().count()},
             {"tries", tries},
             {"cpu_seconds", mortise::bench::cpu_seconds()},
             {"tls", generator.outcome().tls},
             {"errors", nlohmann::json::object()}});
      return 0;
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kPause).count()};
    ::ppoll(nullptr, 0, &pause, nullptr);
  }
  print({{"errors", {{"never accepted", 1}}}});
  return kFailed;
}

int measure(const Options& options, const sockaddr_in& to, SSL_CTX* tls) {
  Generator generator(options, to, tls);
  if (!options.per_request && !generator.prime()) {
    print(shown(generator.outcome()));
    return kFailed;
  }
  const auto tls_seen = generator.outcome().tls;
  generator.forget();
  fmt::print("ready\n");
  std::fflush(stdout);
  if (!wait_for_line()) return kFailed;
  if (options.hold) {
    print({{"closed", generator.count_closed()}, {"tls", tls_seen}, {"errors", {}}});
    return 0;
  }
  generator.run();
  auto result = shown(generator.outcome());
  if (!tls_seen.empty()) result["tls"] = tls_seen;
  print(result);
  return generator.outcome().errors.empty() ? 0 : kFailed;
}

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_descriptors();
  auto options = mortise::bench::parse_options({argv + 1, argv + argc});
  if (!options) {
    fmt::print(stderr, "{}\n", options.error());
    return kWrongUsage;
  }
  if (options->until_accepted) options->connections = 1;
  const auto to = mortise::bench::resolve(options->to);
  auto tls = options->tls ? load_tls(options->files, mortise::bench::Side::client)
                          : mortise::bench::TlsSettings();
  if (!to || !tls) {
    fmt::print(stderr, "{}\n", to ? tls.error() : to.error());
    return kFailed;
  }
  return options->until_accepted ? until_accepted(*options, *to, tls->get())
                                 : measure(*options, *to, tls->get());
}
