#include "runtime/subids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mortise::runtime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kFile =
    "root:100000:65536\n"
    "anna:165536:65536\n"
    "1001:300000:10\n"
    "anna:400000:100";

TEST(SubIds, BelongToTheUserByNameOrNumber) {
  EXPECT_THAT(ranges_of(kFile, "anna", 1000),
              ElementsAre(IdRange{165536, 65536}, IdRange{400000, 100}));
  EXPECT_THAT(ranges_of(kFile, "bert", 1001), ElementsAre(IdRange{300000, 10}));
  EXPECT_THAT(ranges_of(kFile, "ann", 100), IsEmpty());
}

TEST(SubIds, OfLinesThatMakeNoSenseAreNobodys) {
  for (const char* const line : {"anna", "anna:1", "anna:1:", "anna:x:1", "anna:1:0", "anna:1:2:3",
                                 "anna:4294967290:6", "anna:1:4294967296", ""})
    EXPECT_THAT(ranges_of(line, "anna", 1000), IsEmpty()) << line;
  EXPECT_THAT(ranges_of("anna:4294967290:5", "anna", 1000), ElementsAre(IdRange{4294967290U, 5}));
}

TEST(SubIds, AreCutToAsManyAsAreWanted) {
  const std::vector<IdRange> both = {{100, 10}, {200, 10}};
  EXPECT_THAT(cut_to(both, 15), ElementsAre(IdRange{100, 10}, IdRange{200, 5}));
  EXPECT_THAT(cut_to(both, 10), ElementsAre(IdRange{100, 10}));
  EXPECT_THAT(cut_to(both, 0), IsEmpty());
  EXPECT_EQ(total_of(cut_to(both, 100)), 20U);
}

TEST(SubIds, AreFreeBehindEverybodysLastOne) {
  EXPECT_EQ(first_free(kFile), 400100U);
  EXPECT_EQ(first_free(""), 100000U);
  EXPECT_EQ(first_free("low:1000:10\n"), 100000U);
}

}  // namespace
}  // namespace mortise::runtime
