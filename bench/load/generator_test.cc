#include "bench/load/generator.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace mortise::bench {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok";

// Serves one connection at a time on loopback, and can stall before one of its answers.
class SlowServer {
 public:
  SlowServer(int stalled_request, std::chrono::milliseconds stall, std::string_view answer)
      : stalled_request_(stalled_request), stall_(stall), answer_(answer) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&any), sizeof any);
    ::listen(descriptor_, 64);
    socklen_t size = sizeof address_;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address_), &size);
    thread_ = std::jthread([this] { serve_all(); });
  }
  ~SlowServer() {
    ::shutdown(descriptor_, SHUT_RDWR);  // ends its accept()
    thread_.join();
    ::close(descriptor_);
  }
  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;

  [[nodiscard]] sockaddr_in address() const { return address_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve_all() {
    for (int accepted = accept_one(); accepted >= 0; accepted = accept_one()) {
      ++connections_;
      serve(accepted);
      ::close(accepted);
    }
  }
  int accept_one() const { return ::accept(descriptor_, nullptr, nullptr); }

  void serve(int accepted) {
    std::string heard;
    std::array<char, 4096> buffer;
    for (;;) {
      const auto got = ::recv(accepted, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      heard.append(buffer.data(), static_cast<std::size_t>(got));
      if (!heard.ends_with("\r\n\r\n")) continue;
      heard.clear();
      if (++requests_ == stalled_request_) ::poll(nullptr, 0, static_cast<int>(stall_.count()));
      if (::send(accepted, answer_.data(), answer_.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  const int stalled_request_;
  const std::chrono::milliseconds stall_;
  const std::string_view answer_;
  int descriptor_ = -1;
  sockaddr_in address_{};
  int requests_ = 0;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

Options options_for_one_connection() {
  Options options;
  options.to = "server";
  options.connections = 1;
  options.rate = 200;
  options.seconds = 0.5;
  options.expect_bytes = 2;
  return options;
}

TEST(Generator, CountsAStallForEveryRequestThatWasDueDuringIt) {
  SlowServer server(20, std::chrono::milliseconds(250), kAnswer);
  const auto options = options_for_one_connection();
  Generator generator(options, server.address(), nullptr);
  ASSERT_TRUE(generator.prime());
  generator.forget();
  generator.run();
  const auto& seen = generator.outcome();
  EXPECT_TRUE(seen.errors.empty());
  EXPECT_EQ(seen.completed, 100U);
  // One request in a hundred was answered late by the server, but fifty were due meanwhile.
  EXPECT_GE(seen.latency.quantile(0.75), 60'000'000U);
  EXPECT_GE(seen.latency.max(), 250'000'000U);
}

TEST(Generator, SendsAllThatWasDueAndNoMore) {
  SlowServer server(0, {}, kAnswer);
  const auto options = options_for_one_connection();
  Generator generator(options, server.address(), nullptr);
  ASSERT_TRUE(generator.prime());
  generator.forget();
  generator.run();
  EXPECT_EQ(generator.outcome().intended, 100U);
  EXPECT_GE(generator.outcome().seconds, 0.49);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Generator, OpensAConnectionForEachRequestWhereAsked) {
  SlowServer server(0, {}, kAnswer);
  auto options = options_for_one_connection();
  options.per_request = true;
  Generator generator(options, server.address(), nullptr);
  generator.run();
  EXPECT_EQ(generator.outcome().completed, 100U);
  EXPECT_EQ(server.connections(), 100);
}

TEST(Generator, TellsAWrongStatusAndAWrongBodyByName) {
  for (const auto& [answer, kind] :
       {std::pair{"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", "status 503"},
        std::pair{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nlie", "body bytes"}}) {
    SlowServer server(0, {}, answer);
    const auto options = options_for_one_connection();
    Generator generator(options, server.address(), nullptr);
    EXPECT_FALSE(generator.prime());
    EXPECT_TRUE(generator.outcome().errors.contains(kind)) << kind;
  }
}

TEST(Generator, SaysThatNobodyListens) {
  sockaddr_in nobody{};
  {
    SlowServer server(0, {}, kAnswer);
    nobody = server.address();
  }
  const auto options = options_for_one_connection();
  Generator generator(options, nobody, nullptr);
  EXPECT_FALSE(generator.prime());
  EXPECT_TRUE(generator.outcome().errors.contains("connect"));
}

}  // namespace
}  // namespace mortise::bench
