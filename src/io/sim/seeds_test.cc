#include "io/sim/seeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mortise::io::sim {
namespace {

using ::testing::ElementsAre;

TEST(Seeds, RangeHasBothItsEnds) {
  EXPECT_THAT(parse_seeds("7-9").value(), ElementsAre(7, 8, 9));
  EXPECT_THAT(parse_seeds("7-7").value(), ElementsAre(7));
}

TEST(Seeds, NumberIsThatSeedAlone) { EXPECT_THAT(parse_seeds("1000").value(), ElementsAre(1000)); }

TEST(Seeds, AnythingElseIsAnErrorAndNotNoSeeds) {
  for (const char* text : {"", "-", "9-7", "1-", "-3", "seven", "1 - 3", "1-3,5", "0-1000000"}) {
    EXPECT_FALSE(parse_seeds(text)) << text;
  }
}

}  // namespace
}  // namespace mortise::io::sim
