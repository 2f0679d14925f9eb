#include "cli/listing.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace mortise::cli {
namespace {

// What `mortise mtls` must print, one file per command of the tutorial's walk.
std::string golden(const std::string& name) {
  std::ifstream file(std::string(MORTISE_GOLDEN) + "/mtls/" + name + ".txt");
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

client::MtlsRule rule(client::MtlsRow row) {
  client::MtlsRule made;
  made.rows = {std::move(row)};
  return made;
}

TEST(MtlsTable, IsThatOfTheSeedsToTheLetter) {
  EXPECT_EQ(mtls_table({}, rule({"/default", {}, "PERMISSIVE", "mesh", ""}), false),
            golden("get_mesh"));
  const auto demo = *parse_resource("backyards-demo");
  EXPECT_EQ(mtls_table(demo, rule({"backyards-demo/default", {}, "STRICT", "", ""}), false),
            golden("require_namespace"));
  EXPECT_EQ(mtls_table(demo, rule({"/default", {}, "PERMISSIVE", "mesh", ""}), false),
            golden("unset_namespace"));
  const auto bookings = *parse_resource("backyards-demo/bookings:8080");
  EXPECT_EQ(
      mtls_table(bookings,
                 rule({"backyards-demo/bookings-r2xux", {"bookings(8080)"}, "PERMISSIVE", "", ""}),
                 false),
      golden("allow_port"));
  EXPECT_EQ(mtls_table(bookings, rule({"backyards-demo/default", {}, "STRICT", "", ""}), false),
            golden("unset_port"));
}

TEST(MtlsTable, WideAddsScopeAndSource) {
  EXPECT_EQ(mtls_table({}, rule({"/default", {}, "PERMISSIVE", "mesh", "MeshPolicy"}), true),
            "mTLS rule for /mesh\n\n"
            "Policy    Targets  MtlsMode    Scope  Source\n"
            "/default  []       PERMISSIVE  mesh   MeshPolicy\n");
}

}  // namespace
}  // namespace mortise::cli
