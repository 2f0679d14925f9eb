#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace mortise {
namespace {

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return fail(Code::denied, "no more numbers");
  return std::make_unique<int>(4);
}

Result<int> twice(bool good) {
  TRY(const auto number, make(good));
  return *number * 2;
}

Result<> outer(bool good) {
  if (auto inner = twice(good); !inner) {
    return std::unexpected(std::move(inner.error().during("count")));
  }
  return {};
}

TEST(Result, TryBindsTheValueOrLeavesWithTheError) {
  EXPECT_EQ(twice(true), 8);
  ASSERT_FALSE(twice(false));
  EXPECT_EQ(twice(false).error().code(), Code::denied);
}

TEST(Result, DuringPutsTheStepInFront) {
  EXPECT_TRUE(outer(true));
  EXPECT_EQ(outer(false).error().what(), "count: no more numbers");
}

TEST(Result, FailedSystemCallSaysWhatTheCallerShouldDo) {
  const Result<> missing = fail_errno("open /nowhere", ENOENT);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_EQ(missing.error().what(), "open /nowhere: No such file or directory");
  const Result<> full = fail_errno("write", ENOSPC);
  EXPECT_EQ(full.error().code(), Code::exhausted);
}

}  // namespace
}  // namespace mortise
