#include "io/epoll_loop.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "io/os_network.h"
#include "io/race.h"
#include "io/scope.h"

namespace mortise::io {
namespace {

using namespace std::chrono_literals;

Task<void> echo(Listener& listener, Scope& scope);

Task<void> echo_one(std::unique_ptr<Stream> stream) {
  std::array<char, 1024> buffer;
  for (;;) {
    const auto got = co_await read_some(*stream, buffer);
    if (!got || *got == 0) break;
    if (!co_await write_all(*stream, std::span(buffer).first(*got))) break;
  }
  stream->finish_writing();
}

Task<void> echo(Listener& listener, Scope& scope) {
  for (;;) {
    auto accepted = co_await listener.accept();
    if (accepted) scope.spawn(echo_one(std::move(accepted->stream)));
  }
}

Task<Result<std::string>> say(Network& network, SocketAddress to, std::string words) {
  CO_TRY(auto stream, co_await network.connect({.to = to, .from = {}}));
  CO_CHECK_OK(co_await write_all(*stream, words));
  stream->finish_writing();
  std::string heard;
  std::array<char, 7> buffer;
  for (;;) {
    CO_TRY(const auto got, co_await read_some(*stream, buffer));
    if (got == 0) co_return heard;
    heard.append(buffer.data(), got);
  }
}

TEST(EpollLoop, CarriesAConversationWithHalfCloseOverRealSockets) {
  EpollLoop loop(1);
  OsNetwork network(loop);
  auto listener = network.listen(SocketAddress::parse("127.0.0.1:0").value());
  ASSERT_TRUE(listener) << listener.error().what();
  Scope scope(loop);
  auto server = echo(**listener, scope);
  server.start();

  const std::string words(300000, 'x');
  auto heard = loop.run_until_done(say(network, (*listener)->address(), words));
  ASSERT_TRUE(heard) << heard.error().what();
  EXPECT_EQ(*heard, words);
}

Task<bool> forever(Loop& loop) {
  Gate never(loop);
  co_await never.opened();
  co_return true;
}

TEST(EpollLoop, DeadlineCancelsAWaitThatWouldNeverEnd) {
  EpollLoop loop(1);
  const auto value = loop.run_until_done(before(loop, loop.now() + 5ms, forever(loop)));
  EXPECT_FALSE(value.has_value());
  EXPECT_TRUE(loop.timers().empty());
}

Task<int> after(Loop& loop, Duration wait, int value) {
  co_await loop.sleep_for(wait);
  co_return value;
}

TEST(EpollLoop, ValueThatComesBeforeItsDeadlineIsReturned) {
  EpollLoop loop(1);
  EXPECT_EQ(loop.run_until_done(before(loop, loop.now() + 10s, after(loop, 1ms, 7))), 7);
  EXPECT_TRUE(loop.timers().empty());
}

Task<void> record(Loop& loop, Duration wait, int value, std::vector<int>& order) {
  co_await loop.sleep_for(wait);
  order.push_back(value);
}

Task<bool> drained(Scope& scope) {
  co_await scope.drained();
  co_return true;
}

TEST(EpollLoop, TimersFireInTheOrderOfTimeNotOfStarting) {
  EpollLoop loop(1);
  Scope scope(loop);
  std::vector<int> order;
  for (const int value : {5, 1, 4, 2, 3}) {
    scope.spawn(record(loop, std::chrono::milliseconds(value * 3), value, order));
  }
  loop.run_until_done(drained(scope));
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5}));
}

TEST(EpollLoop, DestroyingAScopeCancelsWhatIsLeftAndItsTimers) {
  EpollLoop loop(1);
  std::vector<int> order;
  {
    Scope scope(loop);
    for (int i = 0; i < 100; ++i) scope.spawn(record(loop, 1h, i, order));
    EXPECT_EQ(scope.size(), 100U);
  }
  EXPECT_TRUE(loop.timers().empty());
  EXPECT_TRUE(order.empty());
}

Task<bool> opened(Gate& gate) {
  co_await gate.opened();
  co_return true;
}

TEST(EpollLoop, RunsWorkPostedByAnotherThread) {
  EpollLoop loop(1);
  Gate gate(loop);
  std::thread other([&] { loop.post([&] { gate.open(); }); });
  EXPECT_TRUE(loop.run_until_done(opened(gate)));
  other.join();
}

TEST(OsNetwork, RefusedConnectionSaysWhereItWentAndWhy) {
  EpollLoop loop(1);
  OsNetwork network(loop);
  auto listener = network.listen(SocketAddress::parse("127.0.0.1:0").value());
  const auto address = (*listener)->address();
  listener->reset();
  auto stream = loop.run_until_done(network.connect({.to = address, .from = {}}));
  ASSERT_FALSE(stream);
  EXPECT_NE(stream.error().what().find(address.to_string()), std::string::npos);
  EXPECT_NE(stream.error().what().find("refused"), std::string::npos);
}

Task<Result<std::pair<Accepted, std::unique_ptr<Stream>>>> both_ends(Network& network,
                                                                     Listener& listener,
                                                                     std::string path) {
  CO_TRY(auto client, co_await network.connect_unix(path));
  CO_TRY(auto accepted, co_await listener.accept());
  co_return std::pair(std::move(accepted), std::move(client));
}

TEST(OsNetwork, UnixListenerTellsWhoConnected) {
  EpollLoop loop(1);
  OsNetwork network(loop);
  const auto path = "/tmp/mortise-io-test-" + std::to_string(getpid()) + ".sock";
  auto listener = network.listen_unix(path, 0600, getuid());
  ASSERT_TRUE(listener) << listener.error().what();
  auto ends = loop.run_until_done(both_ends(network, **listener, path));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  ::unlink(path.c_str());
  ASSERT_TRUE(ends) << ends.error().what();
  ASSERT_TRUE(ends->first.credentials);
  EXPECT_EQ(ends->first.credentials->uid, getuid());
  EXPECT_EQ(ends->first.credentials->pid, getpid());
}

TEST(OsNetwork, UnixSocketMayHaveALongerPathThanTheKernelTakes) {
  EpollLoop loop(1);
  OsNetwork network(loop);
  const auto folder = std::filesystem::temp_directory_path() /
                      ("mortise-io-test-" + std::to_string(getpid()) + std::string(150, 'x'));
  std::filesystem::create_directory(folder);
  const auto path = (folder / "control.sock").string();
  {
    auto listener = network.listen_unix(path, 0600, std::nullopt);
    ASSERT_TRUE(listener) << listener.error().what();
    auto ends = loop.run_until_done(both_ends(network, **listener, path));
    EXPECT_TRUE(ends) << ends.error().what();
  }
  std::filesystem::remove_all(folder);
}

// Whoever owns the folder puts another file there in the moment between making and giving.
TEST(OsNetwork, UnixListenerGivesNothingAwayButItsSocket) {
  if (geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: cannot give a file to another user";
  EpollLoop loop(1);
  OsNetwork network(loop);
  const auto folder =
      std::filesystem::temp_directory_path() / ("mortise-io-test-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const auto precious = folder / "precious";
  std::ofstream(precious) << "kept";
  const auto path = folder / "control.sock";
  std::atomic<bool> stop = false;
  std::thread owner([&] {
    const auto link = folder / "link";
    while (!stop) {
      if (::link(precious.c_str(), link.c_str()) == 0) ::rename(link.c_str(), path.c_str());
      ::unlink(link.c_str());
    }
  });
  constexpr uid_t kOther = 54321;
  for (int times = 0; times < 3000; ++times) (void)network.listen_unix(path, 0600, kOther);
  stop = true;
  owner.join();
  struct stat found{};
  EXPECT_EQ(::stat(precious.c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0U);
  std::filesystem::remove_all(folder);
}

Task<Result<std::string>> abort_and_read(Network& network, Listener& listener) {
  CO_TRY(auto client, co_await network.connect({.to = listener.address(), .from = {}}));
  CO_TRY(auto accepted, co_await listener.accept());
  accepted.stream->abort();
  std::array<char, 8> buffer;
  auto got = co_await read_some(*client, buffer);
  if (got) co_return std::string("orderly end");
  co_return got.error().what();
}

TEST(SocketStream, AbortIsSeenAsAReset) {
  EpollLoop loop(1);
  OsNetwork network(loop);
  auto listener = network.listen(SocketAddress::parse("127.0.0.1:0").value());
  auto seen = loop.run_until_done(abort_and_read(network, **listener));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, "read: Connection reset by peer");
}

}  // namespace
}  // namespace mortise::io
