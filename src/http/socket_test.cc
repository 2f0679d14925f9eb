// What only the kernel's unix sockets can show.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "http/client.h"
#include "http/server.h"
#include "io/epoll_loop.h"
#include "io/os_network.h"

namespace mortise::http {
namespace {

io::Task<Response> tell_peer(Request request) {
  Response response;
  response.body = std::to_string(request.peer.uid) + " " + std::to_string(request.peer.pid);
  co_return response;
}

TEST(HttpSocket, HandlerLearnsThePeersUidAndPidFromTheKernel) {
  std::string pattern = std::filesystem::temp_directory_path() / "mortise-http-XXXXXX";
  const std::filesystem::path directory = mkdtemp(pattern.data());
  const std::string path = directory / "http.sock";
  io::EpollLoop loop(1);
  io::OsNetwork network(loop);
  const auto listener = network.listen_unix(path, 0600, std::nullopt).value();
  const Handler handler = tell_peer;
  auto serving = serve(loop, *listener, handler, {});
  serving.start();
  const auto stream = loop.run_until_done(network.connect_unix(path)).value();
  const auto answer = loop.run_until_done(request(*stream, {}));
  std::filesystem::remove_all(directory);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, std::to_string(getuid()) + " " + std::to_string(getpid()));
}

}  // namespace
}  // namespace mortise::http
