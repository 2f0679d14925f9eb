// The same over the kernel's sockets: what a simulation cannot show.
#include <gtest/gtest.h>

#include <filesystem>

#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "io/scope.h"
#include "rpc/client.h"
#include "rpc/server.h"

namespace mortise::rpc {
namespace {

using namespace std::chrono_literals;

io::Task<Status> echo(ServerCall& call) {
  for (;;) {
    auto message = co_await call.read();
    if (!message) co_return to_status(message.error());
    if (!*message) co_return Status();
    auto written = co_await call.write(**std::move(message));
    if (!written) co_return to_status(written.error());
  }
}

io::Task<void> serve_one(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                         const Methods& methods) {
  // A broken connection is the test's own doing; the others show that they go on.
  [[maybe_unused]] const auto end = co_await serve(loop, *stream, methods);
}

io::Task<void> serve_all(io::Loop& loop, io::Listener& listener, const Methods& methods) {
  io::Scope connections(loop);
  for (;;) {
    auto accepted = co_await listener.accept();
    if (accepted) connections.spawn(serve_one(loop, std::move(accepted->stream), methods));
  }
}

io::Task<void> write_all_numbers(ClientCall& call, int count) {
  for (int i = 0; i < count; ++i) {
    if (!co_await call.write(std::to_string(i))) co_return;
  }
  call.finish_writing();
}

io::Task<Result<int>> exchange_numbers(Channel& channel, int count) {
  CO_TRY(auto call, channel.start("/test.Service/Echo"));
  auto writing = write_all_numbers(*call, count);
  writing.start();
  for (int expected = 0;; ++expected) {
    CO_TRY(const auto message, co_await call->read());
    if (!message) co_return expected;
    if (*message != std::to_string(expected)) co_return fail(Code::bug, "out of order");
  }
}

io::Task<Result<std::size_t>> send_garbage(io::Network& network, std::string path) {
  CO_TRY(auto stream, co_await network.connect_unix(std::move(path)));
  CO_CHECK_OK(co_await io::write_all(*stream, std::string_view("\x16\x03\x01 not HTTP/2 at all")));
  std::array<char, 100> bytes;
  std::size_t received = 0;
  for (;;) {
    const auto count = co_await io::read_some(*stream, bytes);
    if (!count || *count == 0) co_return received;
    received += *count;
  }
}

class RpcSocket : public ::testing::Test {
 protected:
  RpcSocket() {
    std::string pattern = std::filesystem::temp_directory_path() / "mortise-rpc-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    listener_ = network_.listen_unix(path(), 0600, std::nullopt).value();
    serving_ = serve_all(loop_, *listener_, methods_);
    serving_.start();
    channel_ = Channel::over(loop_, loop_.run_until_done(network_.connect_unix(path())).value());
    running_ = channel_->run();
    running_.start();
  }
  ~RpcSocket() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return directory_ / "rpc.sock"; }

  std::filesystem::path directory_;
  io::EpollLoop loop_{1};
  io::OsNetwork network_{loop_};
  Methods methods_ = {{"/test.Service/Echo", echo}};
  std::unique_ptr<io::Listener> listener_;
  io::Task<void> serving_;
  std::unique_ptr<Channel> channel_;
  io::Task<Result<void>> running_;
};

TEST_F(RpcSocket, TenThousandMessagesGoBothWaysInOrder) {
  EXPECT_EQ(loop_.run_until_done(exchange_numbers(*channel_, 10'000)), 10'000);
}

TEST_F(RpcSocket, MessageFarLargerThanAnyBufferArrivesWhole) {
  const std::string large(4 << 20, 'z');
  EXPECT_EQ(loop_.run_until_done(channel_->call("/test.Service/Echo", large, 30s)), large);
}

TEST_F(RpcSocket, GarbageEndsOnlyItsOwnConnection) {
  EXPECT_TRUE(loop_.run_until_done(send_garbage(network_, path())));
  EXPECT_EQ(loop_.run_until_done(channel_->call("/test.Service/Echo", "here", 30s)), "here");
}

io::Task<void> yield(io::Loop& loop) { co_await io::Yield(loop); }

TEST_F(RpcSocket, ServerThatStopsIsAnOrderlyEndForItsClient) {
  ASSERT_TRUE(loop_.run_until_done(channel_->call("/test.Service/Echo", "here", 30s)));
  serving_.cancel();
  while (!running_.done()) loop_.run_until_done(yield(loop_));  // ctest bounds the wait
  EXPECT_TRUE(running_.take());
}

}  // namespace
}  // namespace mortise::rpc
