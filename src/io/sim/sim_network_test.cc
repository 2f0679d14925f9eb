#include "io/sim/sim_network.h"

#include <gtest/gtest.h>

#include "io/scope.h"

namespace mortise::io::sim {
namespace {

using namespace std::chrono_literals;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
SocketAddress at(const char* text) { return SocketAddress::parse(text).value(); }

Task<void> note_destinations(Listener& listener, std::vector<std::string>& seen) {
  for (;;) {
    auto accepted = co_await listener.accept();
    seen.push_back(accepted->peer.ip.to_string() + " to " +
                   accepted->original_destination.to_string());
  }
}

Task<void> dial(Network& network, Network::Dial to, std::string& outcome) {
  auto stream = co_await network.connect(to);
  outcome = stream ? "connected" : stream.error().what();
}

class SimNetwork : public ::testing::Test {
 protected:
  std::string call(IpAddress host, bool sidecar, Network::Dial to) {
    auto network = world_.process(host, sidecar);
    std::string outcome;
    auto task = dial(*network, to, outcome);
    task.start();
    loop_.run_for(1s);
    return outcome;
  }
  void listen(const char* address) {
    const auto where = at(address);
    hosts_.push_back(world_.process(where.ip));
    listeners_.push_back(hosts_.back()->listen(where).value());
    scope_.spawn(note_destinations(*listeners_.back(), seen_[address]));
  }

  SimLoop loop_{3};
  SimWorld world_{loop_};
  std::vector<std::unique_ptr<Network>> hosts_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<std::string, std::vector<std::string>> seen_;
  Scope scope_{loop_};
};

TEST_F(SimNetwork, CapturedApplicationReachesItsSidecarWhichLearnsTheTarget) {
  listen("198.18.0.2:15001");
  world_.capture(ip("198.18.0.2"));
  EXPECT_EQ(call(ip("198.18.0.2"), false, {.to = at("198.19.0.1:8000"), .from = {}}), "connected");
  EXPECT_EQ(seen_["198.18.0.2:15001"].front(), "198.18.0.2 to 198.19.0.1:8000");
}

TEST_F(SimNetwork, SidecarItselfIsNotCapturedButItsPeersInboundSideIs) {
  listen("198.18.0.3:15006");
  listen("198.18.0.3:80");
  world_.capture(ip("198.18.0.2"));
  world_.capture(ip("198.18.0.3"));
  EXPECT_EQ(call(ip("198.18.0.2"), true, {.to = at("198.18.0.3:80"), .from = {}}), "connected");
  EXPECT_EQ(seen_["198.18.0.3:15006"].front(), "198.18.0.2 to 198.18.0.3:80");
  EXPECT_TRUE(seen_["198.18.0.3:80"].empty());
}

TEST_F(SimNetwork, SidecarReachesItsOwnApplicationOnlyFromTheReservedSource) {
  listen("198.18.0.3:15006");
  listen("198.18.0.3:80");
  world_.capture(ip("198.18.0.3"));
  call(ip("198.18.0.3"), true, {.to = at("198.18.0.3:80"), .from = ip("127.0.0.6")});
  EXPECT_EQ(seen_["198.18.0.3:80"].size(), 1U);
  call(ip("198.18.0.3"), true, {.to = at("198.18.0.3:80"), .from = {}});
  EXPECT_EQ(seen_["198.18.0.3:15006"].size(), 1U);
}

TEST_F(SimNetwork, NobodyListeningIsARefusal) {
  EXPECT_EQ(call(ip("198.18.0.2"), false, {.to = at("198.18.0.9:80"), .from = {}}),
            "connect to 198.18.0.9:80: Connection refused");
}

TEST_F(SimNetwork, SameSeedGivesTheSameChoices) {
  const auto run = [](std::uint64_t seed) {
    SimLoop loop(seed);
    SimWorld world(loop);
    world.balance(at("198.19.0.1:80"), {at("198.18.0.3:80"), at("198.18.0.4:80")});
    auto host = world.process(ip("198.18.0.9"));
    std::string picked;
    for (int i = 0; i < 20; ++i) {
      std::string outcome;
      auto task = dial(*host, {.to = at("198.19.0.1:80"), .from = {}}, outcome);
      task.start();
      loop.run_for(1ms);
      picked += std::to_string(loop.random().below(10));
    }
    return picked;
  };
  EXPECT_EQ(run(42), run(42));
  EXPECT_NE(run(42), run(43));
}

}  // namespace
}  // namespace mortise::io::sim
