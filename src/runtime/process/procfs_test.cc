#include "runtime/process/procfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/process/launch.h"
#include "runtime/process/listening.h"

namespace mortise::runtime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(StartTime, IsFoundBehindAnyName) {
  const std::string tail = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242 20 21";
  EXPECT_EQ(start_time_in("77 (sleep)" + tail), 424242U);
  EXPECT_EQ(start_time_in("77 (a) b) (c)" + tail), 424242U);
}

TEST(StartTime, AZombieHasNone) {
  EXPECT_EQ(start_time_in("77 (x) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242 20"),
            std::nullopt);
  EXPECT_EQ(start_time_in("nonsense"), std::nullopt);
}

TEST(StartTime, TellsAProcessFromAnotherWithItsNumber) {
  const auto start = start_time_of(::getpid());
  ASSERT_TRUE(start.has_value());
  EXPECT_TRUE(is_alive({::getpid(), *start}));
  EXPECT_FALSE(is_alive({::getpid(), *start + 1}));
  EXPECT_FALSE(is_alive({}));
}

TEST(ListeningIn, CountsSocketsThatTakeConnectionsToTheOwnAddress) {
  const std::string_view table =
      "  sl  local_address rem_address   st tx_queue rx_queue\n"
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000\n"   // any:80
      "   1: 030012C6:1F90 00000000:0000 0A 00000000:00000000 00:00000000\n"   // own:8080
      "   2: 0100007F:3A99 00000000:0000 0A 00000000:00000000 00:00000000\n"   // loopback:15001
      "   3: 030012C6:0051 020012C6:D431 01 00000000:00000000 00:00000000\n";  // established
  EXPECT_THAT(listening_in(table, *IpAddress::parse("198.18.0.3")), ElementsAre(80, 8080));
}

TEST(ListeningIn, UnderstandsIpv6Wildcards) {
  const std::string_view table =
      "  sl  local_address                         remote_address\n"
      "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0\n"
      "   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 0\n"
      "   2: 0000000000000000FFFF0000030012C6:0052 00000000000000000000000000000000:0000 0A 0\n";
  EXPECT_THAT(listening_in(table, *IpAddress::parse("198.18.0.3")), ElementsAre(80, 82));
}

TEST(ListeningIn, ReadsNothingIntoNonsense) {
  EXPECT_THAT(listening_in("a b c 0A\n:: x y 0A\n1: zz:0050 0 0A", IpAddress()), IsEmpty());
}

TEST(Expand, ReplacesKnownVariablesAndKeepsTheRest) {
  const std::vector<std::pair<std::string, std::string>> env = {{"A", "1"}, {"B", "$(A)"}};
  EXPECT_EQ(expand("$(A)-$(B)-$(C)-$$(A)-$(", env), "1-$(A)-$(C)-$(A)-$(");
}

TEST(EnvironmentOf, TheContainersVariablesComeOnTop) {
  WorkloadSpec workload;
  workload.name = "pod-1";
  ProgramSpec program;
  program.env = {{"HOME", "/srv"}, {"WHO", "$(HOSTNAME)"}};
  const auto env = environment_of(workload, program);
  EXPECT_THAT(env, testing::Contains(testing::Pair("HOME", "/srv")));
  EXPECT_THAT(env, testing::Contains(testing::Pair("WHO", "pod-1")));
}

}  // namespace
}  // namespace mortise::runtime
