// base/testing/figure.h — a wall-clock expectation of a test: reported as measured, and failed only
// above five times its goal, because the machine may have other work.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace mortise {

// tools/verify.py collects what this says, as it does for `figure` of tests/mesh/conftest.py.
inline void figure(const std::string& name, std::chrono::duration<double> value,
                   std::chrono::duration<double> goal) {
  constexpr int kGate = 5;
  const auto line = fmt::format("{}: {:.3g} s (goal {:g} s)", name, value.count(), goal.count());
  testing::Test::RecordProperty("figure", line);
  fmt::print("figure: {}\n", line);
  EXPECT_LE(value, kGate * goal) << line;
}

}  // namespace mortise
