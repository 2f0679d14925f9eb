#include "base/ids.h"

#include <gtest/gtest.h>

namespace mortise {
namespace {

TEST(Ids, SuffixHasTheAskedLengthAndReplaysFromItsSeed) {
  Random one(9);
  Random same(9);
  const auto suffix = random_suffix(one, 5);
  EXPECT_EQ(suffix.size(), 5U);
  EXPECT_EQ(suffix, random_suffix(same, 5));
  EXPECT_NE(suffix, random_suffix(one, 5));
}

TEST(Ids, HashedSuffixDependsOnTheTextAlone) {
  EXPECT_EQ(hashed_suffix("full/httpbin", 9), hashed_suffix("full/httpbin", 9));
  EXPECT_NE(hashed_suffix("full/httpbin", 9), hashed_suffix("full/sleep", 9));
}

}  // namespace
}  // namespace mortise
