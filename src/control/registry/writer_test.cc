#include "control/registry/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/registry/testing.h"
#include "io/sim/sim_loop.h"

namespace mortise::control::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A store whose disk the test moves: commits wait until it says how they end.
class FakeStore final : public store::Store {
 public:
  explicit FakeStore(io::Loop& loop) : disk_(loop, true) {}

  io::Task<Result<store::Contents>> load() override { co_return store::Contents{}; }
  io::Task<Result<std::uint64_t>> commit(store::Change change) override {
    co_await disk_.opened();
    if (full_) co_return fail(Code::exhausted, "the disk is full");
    committed_.push_back(std::move(change));
    co_return committed_.size();
  }
  io::Task<Result<std::vector<store::Revision>>> history(std::uint64_t, std::size_t) override {
    co_return std::vector<store::Revision>{};
  }

  io::Gate disk_;
  bool full_ = false;
  std::vector<store::Change> committed_;
};

io::Task<void> keep(io::Task<Writer::Outcome> changing, std::optional<Writer::Outcome>& outcome) {
  outcome = co_await std::move(changing);
}

io::Task<void> keep_revision(io::Task<std::uint64_t> waiting, std::uint64_t& revision) {
  revision = co_await std::move(waiting);
}

class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    writer_.observe([this](const Touched&) { seen_.push_back(registry_->revision()); });
  }

  static Writer::Planner namespace_called(const std::string& name) {
    return [name](const Registry& registry) {
      auto parsed =
          MeshForTest::parse("{apiVersion: v1, kind: Namespace, metadata: {name: " + name + "}}");
      return plan_apply(registry, std::move(parsed.objects), {1, "test", "", false});
    };
  }
  io::Task<void> start(const std::string& name, std::optional<Writer::Outcome>& outcome) {
    auto task = keep(writer_.change(namespace_called(name)), outcome);
    task.start();
    return task;
  }

  io::sim::SimLoop loop_{1};
  NoLog log_;
  FakeStore store_{loop_};
  std::unique_ptr<Registry> registry_ = *Registry::restore({});
  Writer writer_{loop_, *registry_, store_, log_};
  std::vector<std::uint64_t> seen_;
};

TEST_F(WriterTest, AChangeTakesEffectOnlyAfterItsCommit) {
  store_.disk_.close();
  std::optional<Writer::Outcome> outcome;
  const auto task = start("a", outcome);
  loop_.run_for(1s);
  EXPECT_FALSE(outcome);
  EXPECT_FALSE(registry_->has_namespace("a"));
  store_.disk_.open();
  loop_.run_for(1s);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->revision, 1U);
  EXPECT_TRUE(registry_->has_namespace("a"));
  EXPECT_THAT(seen_, ElementsAre(1U));
}

TEST_F(WriterTest, PlansSeeWhatTheOneBeforeChanged) {
  std::optional<Writer::Outcome> first;
  std::optional<Writer::Outcome> second;
  const auto one = start("a", first);
  const auto two = start("a", second);
  loop_.run_for(1s);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*first)->objects[0].action, "created");
  EXPECT_EQ((*second)->objects[0].action, "unchanged");
  EXPECT_FALSE((*second)->changed);
  EXPECT_THAT(store_.committed_, SizeIs(1));
}

TEST_F(WriterTest, WhatTheStoreRefusesChangesNothing) {
  store_.full_ = true;
  std::optional<Writer::Outcome> outcome;
  const auto task = start("a", outcome);
  loop_.run_for(1s);
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().code, Code::exhausted);
  EXPECT_THAT(outcome->error().sentence, HasSubstr("nothing was changed"));
  EXPECT_FALSE(registry_->has_namespace("a"));
  EXPECT_EQ(registry_->revision(), 0U);
}

TEST_F(WriterTest, ACallerThatLeavesDoesNotTearStoreAndRegistryApart) {
  store_.disk_.close();
  {
    std::optional<Writer::Outcome> outcome;
    const auto task = start("a", outcome);
    const auto never_begun = start("b", outcome);
    loop_.run_for(1s);
  }
  store_.disk_.open();
  loop_.run_for(1s);
  EXPECT_TRUE(registry_->has_namespace("a"));
  EXPECT_TRUE(registry_->has_namespace("b"));
  EXPECT_THAT(store_.committed_, SizeIs(2));
}

TEST_F(WriterTest, WaitingForARevisionEndsWithTheChangeOrTheTime) {
  std::uint64_t revision = 99;
  auto waiting = keep_revision(writer_.passed(0, 10s), revision);
  waiting.start();
  loop_.run_for(1s);
  EXPECT_EQ(revision, 99U);
  std::optional<Writer::Outcome> outcome;
  const auto task = start("a", outcome);
  loop_.run_for(1s);
  EXPECT_EQ(revision, 1U);

  auto in_vain = keep_revision(writer_.passed(1, 10s), revision = 99);
  in_vain.start();
  loop_.run_for(11s);
  EXPECT_EQ(revision, 1U);
}

}  // namespace
}  // namespace mortise::control::registry
