#include "control/sidecars/restarts.h"

#include <gtest/gtest.h>

#include "io/scope.h"
#include "io/sim/sim_loop.h"

namespace mortise::control::sidecars {
namespace {

using namespace std::chrono_literals;

class RestartsTest : public ::testing::Test {
 protected:
  using Outcome = std::optional<Result<void>>;

  static io::Task<void> keep(io::Task<Result<void>> waiting, Outcome& outcome) {
    outcome = co_await std::move(waiting);
  }
  void ask(const std::string& workload, Outcome& outcome) {
    scope_.spawn(
        keep(restarts_.restart({.workload = workload, .grace = 30s, .limit = 20s}), outcome));
  }
  static Code code_of(const Outcome& outcome) {
    return outcome && !*outcome ? outcome->error().code() : Code::bug;
  }

  io::sim::SimLoop loop_{1};
  int told_ = 0;
  Restarts restarts_{loop_, [this] { ++told_; }};
  Outcome first_;
  Outcome second_;
  io::Scope scope_{loop_};
};

TEST_F(RestartsTest, WhoAskedHearsWhatBecameOfIt) {
  const auto before = restarts_.newest();
  ask("full/web", first_);
  ask("full/db", second_);
  EXPECT_EQ(told_, 2);
  EXPECT_NE(restarts_.newest(), before);
  const auto taken = restarts_.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].workload, "full/web");
  EXPECT_EQ(taken[0].grace, 30s);
  EXPECT_TRUE(restarts_.end(taken[0].id, ""));
  EXPECT_TRUE(restarts_.end(taken[1].id, "it died"));
  loop_.run_for(1ms);
  EXPECT_TRUE(first_->has_value());
  EXPECT_EQ(second_->error().what(), "it died; the process before it serves on");
  EXPECT_TRUE(restarts_.take().empty());
  EXPECT_EQ(restarts_.end(taken[0].id, "").error().code(), Code::not_found);
}

TEST_F(RestartsTest, OneAtATimeForEachWorkload) {
  ask("full/web", first_);
  ask("full/web", second_);
  EXPECT_EQ(code_of(second_), Code::conflict);
  EXPECT_FALSE(first_);
}

TEST_F(RestartsTest, NobodyThereIsSaidSoonerThanNobodyAnswered) {
  ask("full/web", first_);
  loop_.run_for(11s);
  EXPECT_EQ(code_of(first_), Code::timed_out);
  EXPECT_NE(first_->error().what().find("mortise up"), std::string::npos);
  ask("full/web", second_);
  EXPECT_EQ(restarts_.take().size(), 1U);
  loop_.run_for(20s);
  EXPECT_FALSE(second_);
  loop_.run_for(6s);
  EXPECT_EQ(code_of(second_), Code::timed_out);
}

TEST_F(RestartsTest, WhoGaveUpIsForgotten) {
  {
    io::Scope caller(loop_);
    caller.spawn(keep(restarts_.restart({.workload = "full/web"}), first_));
  }
  EXPECT_TRUE(restarts_.take().empty());
}

}  // namespace
}  // namespace mortise::control::sidecars
