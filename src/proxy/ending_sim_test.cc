// How a sidecar leaves: what goes on is let, and who may go elsewhere is told to.
#include <gtest/gtest.h>

#include "io/sim/seeds.h"
#include "proxy/testing/sim_mesh.h"

namespace mortise::proxy {
namespace {

using namespace std::chrono_literals;
using testing::Application;
using testing::SimMesh;

constexpr std::string_view kGet = "GET /headers HTTP/1.1\r\nHost: web\r\n\r\n";

// A caller without sidecar, and a server whose sidecar leaves.
class Leaving : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void start(Application::Kind kind, model::Protocol protocol) {
    mesh_.add_service("web", "198.19.0.1", protocol, {"full/web"});
    mesh_.run_application(web_, kind);
    mesh_.start();
  }
  std::unique_ptr<io::Stream> open() { return mesh_.connect(caller_, "198.18.0.3:80"); }
  std::string say(io::Stream& stream, std::string_view words, Duration patience = 200ms) {
    EXPECT_TRUE(stream.try_write(words));
    return mesh_.heard_after(stream, patience);
  }
  // Whether what was begun is over after `time`.
  static io::Task<void> note(io::Task<void> task, bool& over) {
    co_await std::move(task);
    over = true;
  }
  void finish() {
    mesh_.traffic(web_).stop_accepting();
    finishing_ = note(mesh_.traffic(web_).finish(10min), over_);
    finishing_.start();
  }
  void hurry() {
    finishing_ = note(mesh_.traffic(web_).drain(3s), over_);
    finishing_.start();
  }

  SimMesh mesh_{GetParam()};
  model::Workload& caller_ = mesh_.add_workload("caller", "198.18.0.2", false);
  model::Workload& web_ = mesh_.add_workload("web", "198.18.0.3", true);
  io::Task<void> finishing_;
  bool over_ = false;
};

TEST_P(Leaving, KeptConnectionIsToldWithItsNextAnswer) {
  start(Application::http, model::Protocol::http);
  const auto kept = open();
  EXPECT_TRUE(say(*kept, kGet).starts_with("HTTP/1.1 200"));
  finish();
  mesh_.loop.run_for(15s);
  EXPECT_FALSE(over_);  // it may send a request at any time
  const auto last = say(*kept, kGet);
  EXPECT_NE(last.find("connection: close"), std::string::npos) << last;
  EXPECT_TRUE(last.ends_with("END"));
  mesh_.loop.run_for(5s);
  EXPECT_TRUE(over_);
}

TEST_P(Leaving, StreamGoesOnUntilItsEndsEndIt) {
  start(Application::echo, model::Protocol::tcp);
  const auto stream = open();
  EXPECT_EQ(say(*stream, "before"), "before");
  finish();
  mesh_.loop.run_for(1min);
  EXPECT_FALSE(over_);
  EXPECT_EQ(say(*stream, "after"), "after");
  stream->finish_writing();
  EXPECT_EQ(mesh_.heard_after(*stream, 1s), "|endEND");
  EXPECT_TRUE(over_);
}

TEST_P(Leaving, NewPolicyHoldsForWhatFinishes) {
  start(Application::http, model::Protocol::http);
  const auto kept = open();
  EXPECT_TRUE(say(*kept, kGet).starts_with("HTTP/1.1 200"));
  finish();
  mesh_.set_mesh_mode(model::MtlsMode::strict);
  EXPECT_EQ(say(*kept, kGet), "RESET");  // invariant 1
}

TEST_P(Leaving, IdleConnectionsAreNotWaitedForInAHurry) {
  start(Application::http, model::Protocol::http);
  const auto kept = open();
  EXPECT_TRUE(say(*kept, kGet).starts_with("HTTP/1.1 200"));
  finish();
  mesh_.loop.run_for(1s);
  EXPECT_FALSE(over_);
  hurry();
  mesh_.loop.run_for(10ms);
  EXPECT_TRUE(over_);
}

TEST_P(Leaving, HurryHasAnEnd) {
  start(Application::echo, model::Protocol::tcp);
  const auto stream = open();
  EXPECT_EQ(say(*stream, "before"), "before");
  finish();
  hurry();
  mesh_.loop.run_for(2s);
  EXPECT_FALSE(over_);
  mesh_.loop.run_for(2s);
  EXPECT_TRUE(over_);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Leaving, ::testing::ValuesIn(io::sim::seeds(5)));

}  // namespace
}  // namespace mortise::proxy
