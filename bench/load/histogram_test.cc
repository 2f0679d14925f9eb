#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace mortise::bench {
namespace {

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram empty;
  EXPECT_EQ(empty.quantile(0.99), 0U);
  EXPECT_EQ(empty.mean(), 0.0);
}

TEST(Histogram, KnowsSmallValuesExactly) {
  Histogram small;
  for (std::uint64_t value = 1; value <= 100; ++value) small.add(value);
  EXPECT_EQ(small.quantile(0.5), 50U);
  EXPECT_EQ(small.quantile(0.99), 99U);
  EXPECT_EQ(small.quantile(1), 100U);
  EXPECT_EQ(small.mean(), 50.5);
}

TEST(Histogram, IsNeverBelowTheTruthAndAtMostTwoPercentAbove) {
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 50; value = value * 9 / 8 + 1) {
    Histogram two;
    two.add(value);
    two.add(std::uint64_t{1} << 60);  // so that max() does not hide the bucket's end
    EXPECT_GE(two.quantile(0.5), value);
    EXPECT_LE(two.quantile(0.5), value + value / 50 + 1);
  }
}

TEST(Histogram, TakesTheLargestValueThereIs) {
  Histogram wide;
  wide.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(wide.quantile(0.5), std::numeric_limits<std::uint64_t>::max());
}

TEST(Histogram, OneSlowAnswerInAThousandShowsAboveThatShareOnly) {
  Histogram mostly_fast;
  for (int i = 0; i < 999; ++i) mostly_fast.add(100);
  mostly_fast.add(1'000'000);
  EXPECT_EQ(mostly_fast.quantile(0.999), 100U);
  EXPECT_EQ(mostly_fast.quantile(0.9995), 1'000'000U);
}

}  // namespace
}  // namespace mortise::bench
