// Client and server against each other, in simulation.
#include <gtest/gtest.h>

#include <array>

#include "io/race.h"
#include "io/scope.h"
#include "io/sim/seeds.h"
#include "io/sim/sim_network.h"
#include "rpc/client.h"
#include "rpc/connection.h"
#include "rpc/metadata.h"
#include "rpc/server.h"

namespace mortise::rpc {
namespace {

using namespace std::chrono_literals;

const IpAddress kClientHost = IpAddress::parse("198.18.0.2").value();
const IpAddress kServerHost = IpAddress::parse("198.18.0.3").value();
const SocketAddress kAddress = {kServerHost, 7000};

// What the methods of the test's service did.
struct Seen {
  int started = 0;
  int returned = 0;
  int dropped = 0;        // destroyed before they returned
  std::size_t moved = 0;  // messages read or written
};

struct Running {
  explicit Running(Seen& where) : seen(where) { ++seen.started; }
  ~Running() { ++(returned ? seen.returned : seen.dropped); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Seen& seen;
  bool returned = false;
};

// Its methods are bound to this object, which outlives the connections.
class Service {
 public:
  Service(io::Loop& loop, Seen& seen) : loop_(loop), seen_(seen) {}

  Methods methods() {
    const auto bind = [this](auto method) {
      return [this, method](ServerCall& call) { return (this->*method)(call); };
    };
    return {{"/test.Service/Echo", bind(&Service::echo)},
            {"/test.Service/Refuse", bind(&Service::refuse)},
            {"/test.Service/Hang", bind(&Service::hang)},
            {"/test.Service/Flood", bind(&Service::flood)},
            {"/test.Service/Lazy", bind(&Service::lazy)}};
  }

 private:
  io::Task<Status> echo(ServerCall& call) {
    Running running(seen_);
    for (;;) {
      auto message = co_await call.read();
      if (!message) co_return to_status(message.error());
      if (!*message) break;
      ++seen_.moved;
      auto written = co_await call.write(**std::move(message));
      if (!written) co_return to_status(written.error());
    }
    running.returned = true;
    co_return Status();
  }

  io::Task<Status> refuse(ServerCall&) {
    co_return Status{StatusCode::failed_precondition, "not today: 100 %\n"};
  }

  io::Task<Status> hang(ServerCall&) {
    const Running running(seen_);
    co_await loop_.sleep_for(24h * 365);
    co_return Status();
  }

  io::Task<Status> flood(ServerCall& call) {
    const Running running(seen_);
    for (;;) {
      auto written = co_await call.write(std::string(10'000, 'x'));
      if (!written) co_return to_status(written.error());
      ++seen_.moved;
    }
  }

  // Reads nothing for an hour, then everything.
  io::Task<Status> lazy(ServerCall& call) {
    co_await loop_.sleep_for(1h);
    for (;;) {
      auto message = co_await call.read();
      if (!message) co_return to_status(message.error());
      if (!*message) co_return Status();
      ++seen_.moved;
    }
  }

  io::Loop& loop_;
  Seen& seen_;
};

using Ends = std::vector<Result<void>>;

io::Task<void> serve_one(io::Loop& loop, std::unique_ptr<io::Stream> stream, const Methods& methods,
                         Limits limits, Ends& ends) {
  ends.push_back(co_await serve(loop, *stream, methods, limits));
}

io::Task<void> serve_all(io::Loop& loop, io::Listener& listener, const Methods& methods,
                         const Limits& limits, io::Scope& connections, Ends& ends) {
  for (;;) {
    auto accepted = co_await listener.accept();
    connections.spawn(serve_one(loop, std::move(accepted->stream), methods, limits, ends));
  }
}

// A client's connection, running.
struct Client {
  Client(io::Loop& loop, std::unique_ptr<io::Stream> stream, Limits limits)
      : channel(Channel::over(loop, std::move(stream), limits)), running(channel->run()) {
    running.start();
  }
  std::unique_ptr<Channel> channel;
  io::Task<Result<void>> running;
};

// A server and a client's host, at the beginning of their time.
struct Scene {
  explicit Scene(std::uint64_t seed = 17) : loop_(seed) {
    accepting_.spawn(serve_all(loop_, *listener_, methods_, server_limits_, *connections_, ends_));
  }

  // Runs the task to its end in virtual time.
  template <class T>
  T await(io::Task<T> task, Duration limit = 10min) {
    task.start();
    loop_.run_until_done(task, limit);
    MORTISE_CHECK(task.done());
    return task.take();
  }
  std::unique_ptr<io::Stream> dial() {
    return await(client_host_->connect({.to = kAddress, .from = {}})).value();
  }
  Client connect(Limits limits = {}) { return {loop_, dial(), limits}; }

  io::sim::SimLoop loop_;
  io::sim::SimWorld world_{loop_};
  std::unique_ptr<io::Network> client_host_ = world_.process(kClientHost);
  std::unique_ptr<io::Network> server_host_ = world_.process(kServerHost);
  std::unique_ptr<io::Listener> listener_ = server_host_->listen(kAddress).value();
  Seen seen_;
  Service service_{loop_, seen_};
  Methods methods_ = service_.methods();
  Limits server_limits_;
  Ends ends_;  // how the server's connections ended
  std::optional<io::Scope> connections_{std::in_place, loop_};
  io::Scope accepting_{loop_};
};

class Rpc : public ::testing::Test, protected Scene {};

io::Task<void> write_numbers(ClientCall& call, int count) {
  for (int i = 0; i < count; ++i) {
    if (!co_await call.write(std::to_string(i))) co_return;
  }
  call.finish_writing();
}

// Reads until the end; says how many came in order.
io::Task<Result<int>> read_numbers(ClientCall& call) {
  for (int expected = 0;; ++expected) {
    CO_TRY(const auto message, co_await call.read());
    if (!message) co_return expected;
    if (*message != std::to_string(expected)) co_return fail(Code::bug, "out of order");
  }
}

io::Task<void> write_many(ClientCall& call, std::size_t count, std::size_t bytes, int& written) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!co_await call.write(std::string(bytes, 'x'))) co_return;
    ++written;
  }
  call.finish_writing();
}

TEST_F(Rpc, OneRequestGetsOneAnswer) {
  auto client = connect();
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "hello", 5s)), "hello");
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "", 5s)), "");
}

TEST_F(Rpc, TenThousandMessagesGoBothWaysInOrder) {
  world_.faults = {.least_delay = 1us, .most_delay = 300us, .short_io = 0.2};
  auto client = connect();
  auto call = client.channel->start("/test.Service/Echo").value();
  auto writing = write_numbers(*call, 10'000);
  writing.start();
  EXPECT_EQ(await(read_numbers(*call)), 10'000);
  EXPECT_TRUE(writing.done());
  EXPECT_EQ(seen_.moved, 10'000U);
}

TEST_F(Rpc, MessageFarLargerThanTheWindowArrivesWhole) {
  auto client = connect();
  const std::string large(3 << 20, 'z');
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", large, 5s)), large);
}

TEST_F(Rpc, StatusAndSentenceReachTheCaller) {
  auto client = connect();
  const auto answer = await(client.channel->call("/test.Service/Refuse", "hello", 5s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), Error(Code::conflict, "/test.Service/Refuse: not today: 100 %\n"));
}

TEST_F(Rpc, UnknownMethodIsRefusedAndTheConnectionGoesOn) {
  auto client = connect();
  const auto answer = await(client.channel->call("/test.Service/Nothing", "hello", 5s));
  EXPECT_EQ(answer.error().code(), Code::invalid);
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "still here", 5s)), "still here");
}

TEST_F(Rpc, SlowServerHoldsTheClientBack) {
  auto client = connect();
  auto call = client.channel->start("/test.Service/Lazy").value();
  int written = 0;
  auto writing = write_many(*call, 1000, 10'000, written);
  writing.start();
  loop_.run_for(10min);
  // The server's window, what one writer may leave unsent, and nothing that grows with time.
  EXPECT_GT(written, 0);
  EXPECT_LE(written, 14);
  EXPECT_EQ(await(read_numbers(*call), 2h), 0) << "after its hour the server reads on";
  EXPECT_EQ(written, 1000);
  EXPECT_EQ(seen_.moved, 1000U);
}

TEST_F(Rpc, SlowClientHoldsTheServerBackButNoOtherCall) {
  auto client = connect();
  auto unread = client.channel->start("/test.Service/Flood").value();
  loop_.run_for(10min);
  EXPECT_GT(seen_.moved, 0U);
  EXPECT_LE(seen_.moved, 14U);
  const std::string large(3 << 20, 'z');
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", large, 5s)), large);
}

TEST_F(Rpc, DestroyingTheClientsCallCancelsTheMethod) {
  auto client = connect();
  auto call = client.channel->start("/test.Service/Hang").value();
  loop_.run_for(1s);
  EXPECT_EQ(seen_.started, 1);
  EXPECT_EQ(seen_.dropped, 0);
  call.reset();
  loop_.run_for(1s);
  EXPECT_EQ(seen_.dropped, 1);
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "still here", 5s)), "still here");
}

TEST_F(Rpc, DestroyingTheServersTaskCancelsItsCallsAndTellsTheClient) {
  auto client = connect();
  auto call = client.channel->start("/test.Service/Hang").value();
  loop_.run_for(1s);
  connections_.reset();
  EXPECT_EQ(seen_.dropped, 1);
  const auto end = await(call->read());
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code(), Code::unavailable);
  ASSERT_TRUE(client.running.done());
  EXPECT_TRUE(client.running.take()) << "GOAWAY makes it an orderly end";
  EXPECT_FALSE(client.channel->start("/test.Service/Echo"));
}

TEST_F(Rpc, CallOutlivesItsChannelAndSaysSo) {
  std::unique_ptr<ClientCall> call;
  {
    auto client = connect();
    call = client.channel->start("/test.Service/Hang").value();
    loop_.run_for(1s);
  }
  EXPECT_EQ(await(call->read()).error().code(), Code::unavailable);
  EXPECT_EQ(await(call->write("x")).error().code(), Code::unavailable);
  loop_.run_for(1s);
  EXPECT_EQ(seen_.dropped, 1);
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_TRUE(ends_[0]) << "a client may leave";
}

TEST_F(Rpc, DeadlineEndsTheCallOnBothSides) {
  auto client = connect();
  const auto began = loop_.now();
  const auto answer = await(client.channel->call("/test.Service/Hang", "", 3s));
  EXPECT_EQ(answer.error().code(), Code::timed_out);
  EXPECT_EQ(loop_.now() - began, 3s);
  loop_.run_for(1s);
  EXPECT_EQ(seen_.dropped, 1);
}

TEST_F(Rpc, ServerKeepsTheDeadlineOfAClientThatDoesNot) {
  auto stream = dial();
  Connection connection(loop_, *stream, Connection::Side::client, {}, {});
  auto running = connection.run();
  running.start();
  auto exchange = connection.open(request_fields("/test.Service/Hang", 3s)).value();
  EXPECT_EQ(await(exchange->read()).value(), std::nullopt);
  EXPECT_EQ(parse_status(exchange->trailers()).code, StatusCode::deadline_exceeded);
  EXPECT_EQ(seen_.dropped, 1);
}

TEST_F(Rpc, DeadlineThatIsNoDurationIsRefused) {
  auto stream = dial();
  Connection connection(loop_, *stream, Connection::Side::client, {}, {});
  auto running = connection.run();
  running.start();
  auto fields = request_fields("/test.Service/Hang", std::nullopt);
  fields.push_back({"grpc-timeout", "soon"});
  auto exchange = connection.open(fields).value();
  EXPECT_EQ(await(exchange->read()).value(), std::nullopt);
  EXPECT_EQ(parse_status(exchange->trailers()).code, StatusCode::invalid_argument);
  EXPECT_EQ(seen_.started, 0);
}

TEST_F(Rpc, MessageOverTheServersLimitIsRefusedWithoutBeingKept) {
  server_limits_.message_bytes = 1000;
  auto client = connect();
  EXPECT_EQ(
      await(client.channel->call("/test.Service/Echo", std::string(1001, 'x'), 5s)).error().code(),
      Code::exhausted);
  EXPECT_EQ(seen_.moved, 0U);
  const std::string fits(1000, 'x');
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", fits, 5s)), fits);
}

TEST_F(Rpc, MessageOverTheClientsLimitIsRefusedBothWays) {
  auto client = connect({.message_bytes = 1000});
  auto flood = client.channel->start("/test.Service/Flood").value();
  EXPECT_EQ(await(flood->read()).error().code(), Code::exhausted);
  auto echo = client.channel->start("/test.Service/Echo").value();
  EXPECT_EQ(await(echo->write(std::string(1001, 'x'))).error().code(), Code::exhausted);
}

TEST_F(Rpc, CallsOverTheLimitAreRefusedAtOnce) {
  auto client = connect({.streams = 2});
  auto first = client.channel->start("/test.Service/Hang").value();
  auto second = client.channel->start("/test.Service/Hang").value();
  EXPECT_EQ(client.channel->start("/test.Service/Hang").error().code(), Code::exhausted);
  first.reset();
  EXPECT_TRUE(client.channel->start("/test.Service/Hang"));
}

TEST_F(Rpc, ServerRunsNoMoreCallsThanItsLimit) {
  server_limits_.streams = 3;
  auto client = connect();
  loop_.run_for(1s);
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(client.channel->start("/test.Service/Hang").value());
  }
  loop_.run_for(1s);
  EXPECT_EQ(seen_.started, 3);
  calls.erase(calls.begin(), calls.begin() + 2);
  loop_.run_for(1s);
  EXPECT_EQ(seen_.started, 5);
}

TEST_F(Rpc, GarbageEndsOnlyItsOwnConnection) {
  auto client = connect();
  auto stream = dial();
  ASSERT_TRUE(await(io::write_all(*stream, std::string_view("GET / HTTP/1.1\r\n\r\n"))));
  loop_.run_for(1s);
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_EQ(ends_[0].error().code(), Code::invalid);
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "still here", 5s)), "still here");
}

TEST_F(Rpc, SilentPeerIsGivenUpAfterTwoUnansweredPings) {
  auto stream = dial();  // says nothing and answers nothing
  loop_.run_for(29s);
  EXPECT_TRUE(ends_.empty());
  loop_.run_for(2s);
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_EQ(ends_[0].error().code(), Code::timed_out);
}

TEST_F(Rpc, IdleConnectionStaysWhilePingsAreAnswered) {
  auto client = connect();
  loop_.run_for(24h);
  EXPECT_TRUE(ends_.empty());
  EXPECT_FALSE(client.running.done());
  EXPECT_EQ(await(client.channel->call("/test.Service/Echo", "hello", 5s)), "hello");
}

TEST_F(Rpc, ResetConnectionFailsEveryOpenCall) {
  auto client = connect();
  auto first = client.channel->start("/test.Service/Hang").value();
  auto second = client.channel->start("/test.Service/Hang").value();
  loop_.run_for(1s);
  world_.faults.reset = 1;
  loop_.run_for(1min);
  EXPECT_EQ(await(first->read()).error().code(), Code::unavailable);
  EXPECT_EQ(await(second->read()).error().code(), Code::unavailable);
  EXPECT_EQ(seen_.dropped, 2);
  EXPECT_FALSE(client.running.take());
}

// Opens calls, uses them and drops them in an order that the seed decides.
io::Task<void> use_wildly(io::Loop& loop, Channel& channel, int steps) {
  static constexpr std::array<const char*, 4> kMethods = {
      "/test.Service/Echo", "/test.Service/Hang", "/test.Service/Flood", "/test.Service/Refuse"};
  Random& random = loop.random();
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (int i = 0; i < steps; ++i) {
    if (calls.empty() || random.below(3) == 0) {
      auto call = channel.start(kMethods[random.below(kMethods.size())]);
      if (!call) co_return;
      calls.push_back(*std::move(call));
    }
    const auto which = calls.begin() + static_cast<std::ptrdiff_t>(random.below(calls.size()));
    const auto soon = loop.now() + 1ms;
    switch (random.below(4)) {
      case 0:
        calls.erase(which);
        break;
      case 1:
        co_await io::before(loop, soon, (*which)->write(std::string(random.below(100'000), 'x')));
        break;
      case 2:
        co_await io::before(loop, soon, (*which)->read());
        break;
      default:
        co_await loop.sleep_for(1ms);
    }
  }
}

TEST(RpcSeeds, WhateverTheSeedDecidesEveryMethodEnds) {
  for (const auto seed : io::sim::seeds(40)) {
    SCOPED_TRACE(io::sim::announce(seed));
    Scene scene(seed);
    const bool resets = seed % 2 == 0;
    scene.world_.faults = {
        .least_delay = 1us, .most_delay = 1ms, .short_io = 0.1, .reset = resets ? 0.001 : 0};
    {
      auto client = scene.connect();
      scene.await(use_wildly(scene.loop_, *client.channel, 300), 1h);
    }
    scene.loop_.run_for(1min);
    // The connection may be reset before its first call.
    if (!resets) EXPECT_GT(scene.seen_.started, 0);
    EXPECT_EQ(scene.connections_->size(), 0U);
    EXPECT_EQ(scene.seen_.started, scene.seen_.dropped + scene.seen_.returned);
  }
}

}  // namespace
}  // namespace mortise::rpc
