#include "cli/capture.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

constexpr std::chrono::milliseconds kPatience(20'000);

TEST(Capture, KeepsOutputAndExitStatus) {
  const SystemClock clock;
  const auto captured = capture({"sh", "-c", "echo out; echo err >&2; exit 7"}, kPatience, clock);
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->out, "out\n");
  EXPECT_EQ(captured->exit_status, 7);
}

TEST(Capture, SaysWhichSignalEndedTheProgram) {
  const SystemClock clock;
  EXPECT_EQ(capture({"sh", "-c", "kill -TERM $$"}, kPatience, clock)->exit_status, 128 + 15);
}

TEST(Capture, KillsWhatOutlivesItsLimit) {
  const SystemClock clock;
  const auto captured = capture({"sleep", "600"}, std::chrono::milliseconds(50), clock);
  ASSERT_FALSE(captured);
  EXPECT_EQ(captured.error().code(), Code::timed_out);
}

TEST(Capture, KeepsNoMoreThanItsLimitOfOutput) {
  const SystemClock clock;
  const auto captured = capture({"head", "-c", "3000000", "/dev/zero"}, kPatience, clock);
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->out.size(), 1U << 20);
}

TEST(Capture, NamesAProgramThatIsNotThere) {
  const SystemClock clock;
  const auto captured = capture({"no-such-program-here"}, kPatience, clock);
  ASSERT_FALSE(captured);
  EXPECT_NE(captured.error().what().find("no-such-program-here"), std::string::npos);
}

}  // namespace
}  // namespace mortise::cli
