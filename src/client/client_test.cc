#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "http/server.h"
#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "io/scope.h"

namespace mortise::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A control plane that answers what the test wrote down, over a real unix socket.
class FakeControlPlane {
 public:
  FakeControlPlane() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/control.sock";
    auto listener = network.listen_unix(path_, 0600, std::nullopt);
    EXPECT_TRUE(listener.has_value());
    listener_ = *std::move(listener);
    tasks_.spawn(http::serve(loop, *listener_, handler_, {}));
  }
  FakeControlPlane(const FakeControlPlane&) = delete;
  FakeControlPlane& operator=(const FakeControlPlane&) = delete;
  ~FakeControlPlane() {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }

  void answer(int status, std::string body) {
    next_.status = status;
    next_.body = std::move(body);
  }
  [[nodiscard]] Client client() { return {loop, network, path_}; }

  io::EpollLoop loop{1};
  io::OsNetwork network{loop};
  std::vector<http::Request> requests;

 private:
  io::Task<http::Response> respond(http::Request request) {
    requests.push_back(std::move(request));
    co_return next_;
  }

  std::string folder_ = "/tmp/mortise-client-XXXXXX";
  std::string path_;
  http::Response next_;
  http::Handler handler_ = [this](http::Request request) { return respond(std::move(request)); };
  std::unique_ptr<io::Listener> listener_;
  io::Scope tasks_{loop};
};

TEST(Client, APathThatIsNoSocketIsNotAMeshThatIsDown) {
  io::EpollLoop loop{1};
  io::OsNetwork network{loop};
  for (const auto& path : {std::string("/dev/null/control.sock"), "/" + std::string(300, 'x'),
                           "/tmp/" + std::string(200, 'x') + "/control.sock"}) {
    Client client(loop, network, path);
    const auto status = loop.run_until_done(client.status());
    ASSERT_FALSE(status.has_value());
    EXPECT_THAT(status.error().what(), Not(HasSubstr("mortise up"))) << path;
  }
}

TEST(Client, AsksForWhatTheCallerNamed) {
  FakeControlPlane control;
  control.answer(200, R"({"items": []})");
  auto client = control.client();
  const auto objects = control.loop.run_until_done(
      client.objects({.kind = "policies", .namespace_name = "a b", .name = "x&y"}));
  ASSERT_TRUE(objects.has_value()) << objects.error().what();
  const auto& request = control.requests.at(0);
  EXPECT_EQ(request.path, "/api/v1/objects");
  EXPECT_EQ(request.query.at("kind"), "policies");
  EXPECT_EQ(request.query.at("namespace"), "a b");
  EXPECT_EQ(request.query.at("name"), "x&y");
}

TEST(Client, ARefusedManifestIsAnAnswerWithItsProblems) {
  FakeControlPlane control;
  control.answer(422, R"({"error": "1 problem", "errors": [{"file": "a", "message": "m"}]})");
  auto client = control.client();
  const auto change = control.loop.run_until_done(client.apply({}));
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->refused, "1 problem");
  EXPECT_FALSE(change->conflict);
  EXPECT_EQ(change->problems.at(0).message, "m");
}

TEST(Client, AConflictIsMarked) {
  FakeControlPlane control;
  control.answer(409, R"({"error": "an older rule wins"})");
  auto client = control.client();
  const auto change = control.loop.run_until_done(client.remove({}));
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->conflict);
}

TEST(Client, TheControlPlanesSentenceIsTheError) {
  FakeControlPlane control;
  control.answer(404, R"({"error": "there is no service \"x\""})");
  auto client = control.client();
  const auto rule = control.loop.run_until_done(client.mtls("full/x"));
  ASSERT_FALSE(rule.has_value());
  EXPECT_EQ(rule.error().code(), Code::not_found);
  EXPECT_EQ(rule.error().what(), "there is no service \"x\"");
}

TEST(Client, DeletingWhatIsNotThereSucceeds) {
  FakeControlPlane control;
  control.answer(404, R"({"error": "no such workload"})");
  auto client = control.client();
  EXPECT_TRUE(control.loop.run_until_done(client.delete_workload("full", "gone")).has_value());
  EXPECT_EQ(control.requests.at(0).method, "DELETE");
  EXPECT_EQ(control.requests.at(0).path, "/api/v1/workloads/full/gone");
}

TEST(Client, SaysWhereNobodyAnswersAndWhatToType) {
  io::EpollLoop loop(1);
  io::OsNetwork network(loop);
  Client client(loop, network, "/nonexistent/control.sock");
  const auto status = loop.run_until_done(client.status());
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), Code::unavailable);
  EXPECT_THAT(status.error().what(), HasSubstr("/nonexistent/control.sock"));
  EXPECT_THAT(status.error().what(), HasSubstr("mortise up"));
}

TEST(Client, SendsSettingsAsTheyAreWritten) {
  FakeControlPlane control;
  control.answer(200, R"({"revision": 4})");
  auto client = control.client();
  const auto change =
      control.loop.run_until_done(client.put_settings({{"global.mtls.auto", "false"}}));
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->revision, 4U);
  EXPECT_EQ(control.requests.at(0).body, R"({"global.mtls.auto":"false"})");
}

}  // namespace
}  // namespace mortise::client
