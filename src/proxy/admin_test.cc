#include "proxy/admin.h"

#include <gtest/gtest.h>

#include "io/sim/sim_loop.h"
#include "io/sim/sim_network.h"
#include "proxy/testing/hand_loop.h"

namespace mortise::proxy {
namespace {

// Two loops that turn when the test says so, each on its own.
class AdminInterface : public ::testing::Test {
 protected:
  static http::Request get(const std::string& path) {
    http::Request request;
    request.method = "GET";
    request.path = path;
    return request;
  }

  testing::HandLoop control_;
  testing::HandLoop traffic_;
  io::sim::SimLoop nowhere_loop_{1};
  io::sim::SimWorld nowhere_{nowhere_loop_};
  std::unique_ptr<io::Network> network_ = nowhere_.process(IpAddress());
  NoLog log_;
  Worker worker_{traffic_, *network_, log_, {"full", "sleep", IpAddress()}, Limits{}};
  Handover handover_{control_, worker_};
  IdentityClient identity_{{control_, *network_, log_, handover_, "", "full/sleep"}};
  DiscoveryClient discovery_{{control_, *network_, log_, "", 7, {}}};
  Admin admin_{control_, worker_, discovery_, identity_};
};

TEST_F(AdminInterface, AnswersWithWhatTheTrafficLoopCounted) {
  worker_.connections = 3;
  auto asking = admin_.answer(get("/stats"));
  asking.start();
  control_.settle();
  EXPECT_FALSE(asking.done()) << "the numbers are read on the traffic loop";
  traffic_.settle();
  control_.settle();
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.take().body, "{\"connections\":3,\"legs\":0,\"edges_dropped\":0}\n");
}

// ASan sees what the answer to nobody would touch.
TEST_F(AdminInterface, MayBeLeftBeforeTheNumbersAreThere) {
  {
    auto leaving = admin_.answer(get("/stats"));
    leaving.start();
    traffic_.settle();
  }
  auto staying = admin_.answer(get("/stats"));
  staying.start();
  control_.settle();
  EXPECT_FALSE(staying.done()) << "that was the answer to another question";
  traffic_.settle();
  control_.settle();
  ASSERT_TRUE(staying.done());
  EXPECT_EQ(staying.take().status, 200);
}

TEST_F(AdminInterface, NeverShowsAKey) {  // invariant 2
  auto asking = admin_.answer(get("/config"));
  asking.start();
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.take().body,
            "{\"revision\":0,\"connected\":false,\"identity\":\"\",\"certificate_not_after\":0,"
            "\"resources\":[]}\n");
}

}  // namespace
}  // namespace mortise::proxy
