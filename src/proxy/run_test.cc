// The sidecar as a process, as its neighbours on the host see it.
#include "proxy/run.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "http/client.h"
#include "io/os_network.h"
#include "io/race.h"

namespace mortise::proxy {
namespace {

using namespace std::chrono_literals;

int listening_socket() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  return listener >= 0 && listen(listener, 8) == 0 ? listener : -1;
}

class SidecarProcess : public ::testing::Test {
 protected:
  SidecarProcess() {
    std::string pattern = ::testing::TempDir() + "sidecar-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SidecarProcess() override {
    end(SIGKILL);
    std::filesystem::remove_all(folder_);
  }
  void SetUp() override {
    Options options{"full/sleep",
                    IpAddress::parse("127.0.0.1").value(),
                    folder_ + "/none",
                    listening_socket(),
                    listening_socket(),
                    admin_socket(),
                    -1,
                    Level::error};
    adjust(options);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) _exit(run(options) ? 0 : 1);
    close(options.outbound_fd);
    close(options.inbound_fd);
  }
  virtual void adjust(Options&) {}
  // The exit status, or minus the signal that ended it.
  int end(int number) {
    if (child_ <= 0) return 0;
    kill(child_, number);
    int status = 0;
    waitpid(std::exchange(child_, -1), &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  [[nodiscard]] std::string admin_socket() const { return folder_ + "/admin.sock"; }
  Result<http::Response> ask(std::string target) {
    return loop_.run_until_done(exchange(loop_, network_, admin_socket(), std::move(target)));
  }
  // Dials until the sidecar listens.
  static io::Task<Result<http::Response>> exchange(io::Loop& loop, io::Network& network,
                                                   std::string path, std::string target) {
    const auto deadline = loop.now() + 10s;
    for (;;) {
      auto stream = co_await network.connect_unix(path);
      if (stream) {
        http::ClientRequest request;
        request.target = std::move(target);
        co_return co_await io::with_deadline(loop, 10s, "answer",
                                             http::request(**stream, std::move(request)));
      }
      if (loop.now() > deadline) co_return std::unexpected(stream.error());
      co_await loop.sleep_for(5ms);
    }
  }
  [[nodiscard]] std::string core_limit() const {
    std::ifstream limits("/proc/" + std::to_string(child_) + "/limits");
    for (std::string line; std::getline(limits, line);) {
      if (line.starts_with("Max core file size")) return line.substr(18);
    }
    return "unknown";
  }

  std::string folder_;
  pid_t child_ = -1;
  io::EpollLoop loop_{1};
  io::OsNetwork network_{loop_};
};

TEST_F(SidecarProcess, AnswersItsOperatorOnASocketOfItsOwnUserAlone) {  // invariant 8
  const auto stats = ask("/stats");
  ASSERT_TRUE(stats) << stats.error().what();
  EXPECT_EQ(stats->status, 200);
  struct stat socket{};
  ASSERT_EQ(stat(admin_socket().c_str(), &socket), 0);
  EXPECT_TRUE(S_ISSOCK(socket.st_mode));
  EXPECT_EQ(socket.st_mode & 0777, 0600U);
  EXPECT_EQ(end(SIGTERM), 0);
}

TEST_F(SidecarProcess, EndsByItselfWhenAnotherOneServesAndNothingGoesOn) {
  ASSERT_TRUE(ask("/stats"));
  EXPECT_EQ(end(SIGUSR1), 0);
}

// Beside one that serves: takes nothing from it before it can serve itself, which this one, without
// a control plane, never can.
class Successor : public SidecarProcess {
 protected:
  void adjust(Options& options) override {
    ASSERT_EQ(pipe(announcement_), 0);
    options.announce_fd = announcement_[1];
    inbound_ = dup(options.inbound_fd);
  }
  ~Successor() override {
    for (const int descriptor : {announcement_[0], inbound_}) close(descriptor);
  }
  // It waits for signals as soon as they do not end it any more.
  static io::Task<bool> heeds_signals(io::Loop& loop, pid_t process) {
    const auto deadline = loop.now() + 10s;
    while (loop.now() < deadline) {
      std::ifstream status("/proc/" + std::to_string(process) + "/status");
      for (std::string line; std::getline(status, line);) {
        if (!line.starts_with("SigBlk:")) continue;
        if (std::stoull(line.substr(7), nullptr, 16) & 1U << (SIGUSR1 - 1)) co_return true;
      }
      co_await loop.sleep_for(5ms);
    }
    co_return false;
  }
  int announcement_[2] = {-1, -1};
  int inbound_ = -1;
};

TEST_F(Successor, NeitherAcceptsNorAnnouncesBeforeItIsInForce) {
  close(announcement_[1]);
  sockaddr address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(getsockname(inbound_, &address, &size), 0);
  const int caller = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(connect(caller, &address, size), 0);
  ASSERT_TRUE(loop_.run_until_done(heeds_signals(loop_, child_)));
  EXPECT_EQ(end(SIGUSR1), 0);  // in an orderly way
  EXPECT_FALSE(std::filesystem::exists(admin_socket()));
  char word = 0;
  EXPECT_EQ(read(announcement_[0], &word, 1), 0);
  const int taken = accept(inbound_, nullptr, nullptr);
  EXPECT_GE(taken, 0);
  close(taken);
  close(caller);
}

TEST_F(SidecarProcess, LeavesNoCoreFile) {  // invariant 2
  ASSERT_TRUE(ask("/stats"));
  const auto limit = core_limit();
  EXPECT_EQ(limit.find_first_not_of(" 0bytes"), std::string::npos) << limit;
}

}  // namespace
}  // namespace mortise::proxy
