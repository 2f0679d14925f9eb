#include "runtime/uid_map.h"

#include <gtest/gtest.h>

namespace mortise::runtime {
namespace {

TEST(UidMap, CountsEveryIdInTheFirstUserNamespace) {
  EXPECT_EQ(*mapped_ids("         0          0 4294967295\n"), kAllIds);
}

TEST(UidMap, JoinsRangesThatFollowEachOther) {
  EXPECT_EQ(*mapped_ids("         0       1000          1\n         1     100000      65536\n"),
            65537U);
}

TEST(UidMap, StopsAtTheFirstGapWhateverTheOrder) {
  EXPECT_EQ(*mapped_ids("5000 200000 1000\n0 1000 1\n1 100000 99\n"), 100U);
  EXPECT_EQ(*mapped_ids("1000 1000 1\n"), 0U) << "0 is not mapped";
}

TEST(UidMap, IsEmptyBeforeAnybodyWroteIt) { EXPECT_EQ(*mapped_ids(""), 0U); }

TEST(UidMap, RefusesWhatIsNoMap) {
  for (const char* const text : {"0 0\n", "0 0 x\n", "0 0 1 2\n", "-1 0 1\n", "0 0 4294967296\n"})
    EXPECT_FALSE(mapped_ids(text).has_value()) << text;
}

}  // namespace
}  // namespace mortise::runtime
