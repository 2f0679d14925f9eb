#include "runtime/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

// A sidecar that serves, and somebody who wants another process for it.
class SidecarHandover : public ::testing::Test {
 protected:
  SidecarHandover() {
    EXPECT_TRUE(make_dir(layout_.logs_dir(), 0700));
    record_.spec.namespace_name = "full";
    record_.spec.name = "web";
    boot();
    step();
    old_ = record_.sidecar;
    sidecar_->set_in_force();
  }
  void boot() { sidecar_ = std::make_unique<Sidecar>(parts_, record_); }
  void step(Duration later = 0ms) {
    now_ += later;
    EXPECT_TRUE(sidecar_->step(now_, true));
  }
  ProcessId ask(std::uint64_t id = 1) {
    sidecar_->hand_over({.id = id, .workload = "full/web", .grace = 30s, .limit = 10s}, now_);
    step();
    return record_.successor;
  }
  void announce(const ProcessId& process) {
    processes_.in_force.insert(process);
    step();
  }
  std::string problem() {
    const auto end = sidecar_->handed_over();
    return end ? end->problem : "no end yet";
  }
  bool runs(const ProcessId& process) { return processes_.running.contains(process); }

  testing_::TemporaryDir dir_;
  Layout layout_ = *Layout::of(dir_.path());
  Binaries binaries_{"/bin/true", "/bin/true", "/bin/true"};
  testing_::FakeNetwork network_;
  testing_::FakeCapture capture_;
  testing_::FakeProcesses processes_;
  NoLog log_;
  Parts parts_{.layout = layout_,
               .binaries = binaries_,
               .network = network_,
               .capture = capture_,
               .processes = processes_,
               .log = log_,
               .save = [] { return Result<void>(); },
               .make_sidecar_dir = {}};
  InstanceRecord record_;
  std::unique_ptr<Sidecar> sidecar_;
  TimePoint now_{1h};
  ProcessId old_;
};

TEST_F(SidecarHandover, NewProcessGetsTheSameSocketsAndShallAnnounce) {
  const auto fresh = ask();
  const auto& before = processes_.running.at(old_);
  const auto& after = processes_.running.at(fresh);
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_TRUE(after.announces);
  EXPECT_THAT(after.argv, Contains("--announce-fd"));
  EXPECT_FALSE(before.announces);
  EXPECT_EQ(network_.sockets_made, 1);
}

TEST_F(SidecarHandover, OldOneServesUntilTheNewOneIsInForce) {
  const auto fresh = ask();
  step(5s);
  EXPECT_EQ(record_.sidecar, old_);
  EXPECT_THAT(processes_.finishing, IsEmpty());
  EXPECT_EQ(problem(), "no end yet");
  announce(fresh);
  EXPECT_EQ(record_.sidecar, fresh);
  EXPECT_THAT(record_.draining, ElementsAre(old_));
  EXPECT_THAT(processes_.finishing, ElementsAre(old_));
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(record_.sidecar_restarts, 0);
  EXPECT_TRUE(sidecar_->serves(now_));
}

TEST_F(SidecarHandover, SameWishIsHeededOnce) {
  announce(ask());
  EXPECT_EQ(problem(), "");
  ask();
  EXPECT_FALSE(record_.successor.valid());
}

// As after the end of a control plane, which forgets who waits.
TEST_F(SidecarHandover, AnotherWishMeanwhileEndsTheNewProcessOfTheFirst) {
  const auto first = ask(1);
  const auto second = ask(2);
  EXPECT_NE(second, first);
  EXPECT_FALSE(runs(first));
  EXPECT_TRUE(runs(old_));
  announce(second);
  EXPECT_EQ(record_.sidecar, second);
  EXPECT_EQ(problem(), "");
}

TEST_F(SidecarHandover, WhatIsGoingOnHasTheGraceAndNoMore) {
  announce(ask());
  step(29s);
  EXPECT_TRUE(runs(old_));
  EXPECT_EQ(sidecar_->next_step(now_), now_ + 1s);
  step(1s);
  EXPECT_FALSE(runs(old_));
  step();
  EXPECT_THAT(record_.draining, IsEmpty());
}

TEST_F(SidecarHandover, NewProcessThatDiesChangesNothing) {
  const auto fresh = ask();
  processes_.running.erase(fresh);
  step();
  EXPECT_THAT(problem(), HasSubstr("ended with status 1"));
  EXPECT_EQ(record_.sidecar, old_);
  EXPECT_TRUE(runs(old_));
  EXPECT_THAT(processes_.finishing, IsEmpty());
}

TEST_F(SidecarHandover, NewProcessThatIsLateIsEnded) {
  const auto fresh = ask();
  step(10s);
  EXPECT_THAT(problem(), HasSubstr("not in force within 10000 ms"));
  EXPECT_FALSE(runs(fresh));
  EXPECT_EQ(record_.sidecar, old_);
}

TEST_F(SidecarHandover, ProgramThatCannotBeStartedIsSaid) {
  processes_.missing.insert("mortise-proxy");
  ask();
  EXPECT_THAT(problem(), HasSubstr("missing"));
  EXPECT_FALSE(record_.successor.valid());
}

TEST_F(SidecarHandover, SuccessorTakesThePlaceOfAnOldOneThatDies) {
  const auto fresh = ask();
  processes_.running.erase(old_);
  step();
  EXPECT_EQ(record_.sidecar, fresh);
  EXPECT_THAT(processes_.running, SizeIs(1));
  EXPECT_EQ(problem(), "no end yet");
  announce(fresh);
  EXPECT_EQ(problem(), "");
}

TEST_F(SidecarHandover, ItsCrashDoesNotEndThoseThatFinish) {
  const auto fresh = ask();
  announce(fresh);
  processes_.running.erase(fresh);
  step(1s);
  step(1s);
  EXPECT_TRUE(record_.sidecar.valid());
  EXPECT_TRUE(runs(old_));
}

TEST_F(SidecarHandover, NextSupervisorBeginsItAnewWithoutEndingWhatMayServe) {
  const auto fresh = ask();
  boot();
  step();
  EXPECT_EQ(record_.sidecar, old_);
  EXPECT_THAT(processes_.finishing, ElementsAre(fresh));
  const auto second = ask();
  EXPECT_NE(second, fresh);
  announce(second);
  EXPECT_EQ(record_.sidecar, second);
}

TEST_F(SidecarHandover, NextSupervisorTellsAgainThoseThatFinish) {
  announce(ask());
  processes_.finishing.clear();
  boot();
  step();
  EXPECT_THAT(processes_.finishing, ElementsAre(old_));
}

TEST_F(SidecarHandover, TooManyAtOnceAreRefused) {
  for (std::uint64_t id = 1; id <= 20; ++id) announce(ask(id));
  EXPECT_THAT(problem(), HasSubstr("try again"));
  EXPECT_LE(processes_.running.size(), 8U);
}

}  // namespace
}  // namespace mortise::runtime
