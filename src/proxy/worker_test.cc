#include "proxy/worker.h"

#include <gtest/gtest.h>

#include "proxy/testing/sim_mesh.h"

namespace mortise::proxy {
namespace {

TEST(Worker, RemembersNoMoreDestinationsThanItsLimit) {
  testing::SimMesh mesh;
  mesh.limits.destinations = 10;
  const auto& client = mesh.add_workload("sleep", "198.18.0.2", true);
  const auto& server = mesh.add_workload("httpbin", "198.18.0.3", true);
  mesh.start();
  Worker& worker = mesh.worker(client);
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    ASSERT_NE(worker.destination({server.address, port}), nullptr);
    EXPECT_LE(worker.destinations(), 10U);
  }
  EXPECT_GT(worker.destinations(), 0U);
}

}  // namespace
}  // namespace mortise::proxy
