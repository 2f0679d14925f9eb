#include "runtime/state.h"

#include <gtest/gtest.h>

#include "runtime/files.h"
#include "runtime/find.h"
#include "runtime/layout.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

State full_state() {
  State state;
  state.next_slot = 3;
  state.made_netns_mount = true;
  state.control = {.pid = 12, .start_time = 345};
  InstanceRecord instance;
  auto& spec = instance.spec;
  spec = {.namespace_name = "full",
          .name = "httpbin-dcd9b4989f-5cndk",
          .owner = "httpbin",
          .owner_kind = "Deployment",
          .hash = "dcd9b4989f",
          .service_account = "httpbin",
          .labels = {{"app", "httpbin"}},
          .ports = {{"http", 80}},
          .tls_mode = "istio",
          .has_sidecar = true,
          .runs_once = false,
          .programs = {{.container = "httpbin",
                        .argv = {"mortise-demo", "httpbin"},
                        .env = {{"A", "\"quoted\" $(B)"}, {"B", ""}},
                        .working_dir = "/srv",
                        .uid = 33,
                        .problem = "none"}}};
  instance.slot = 2;
  instance.ready = true;
  instance.netns = "mortise-abcdef-full-httpbin-dcd9b4989f-5cndk";
  instance.sidecar = {.pid = 77, .start_time = 18446744073709551615ULL};
  instance.sidecar_restarts = 4;
  instance.programs = {{.process = {.pid = 78, .start_time = 9}, .restarts = 1, .completed = true}};
  state.instances.emplace(spec.key(), instance);
  return state;
}

TEST(State, SurvivesTheFile) {
  const auto state = full_state();
  const auto read = decode_state(encode(state));
  ASSERT_TRUE(read.has_value()) << read.error().what();
  EXPECT_EQ(*read, state);
}

TEST(State, RefusesDamagedText) {
  const auto whole = encode(full_state());
  for (const std::size_t cut : {std::size_t{0}, whole.size() / 2, whole.size() - 3})
    EXPECT_FALSE(decode_state(std::string_view(whole).substr(0, cut)).has_value()) << cut;
  EXPECT_FALSE(decode_state(R"({"version": 999})").has_value());
}

TEST(State, AMissingFileIsAnEmptyState) {
  const auto state = load_state("/nonexistent/runtime.json");
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(*state, State{});
}

TEST(State, DoesNotReuseASlotAtOnce) {
  State state;
  EXPECT_EQ(*state.take_slot(), 0);
  // Nothing holds slot 0, and still the next one is another.
  EXPECT_EQ(*state.take_slot(), 1);
}

TEST(State, SaysWhenTheHostIsFull) {
  State state;
  for (int i = 0; i < kSlots; ++i) state.instances[std::to_string(i)].slot = i;
  EXPECT_EQ(state.take_slot().error().code(), Code::exhausted);
}

TEST(FindInstance, TakesAPodsNameOrItsOwners) {
  const auto state = full_state();
  EXPECT_TRUE(find_instance(state, "full", "httpbin").has_value());
  EXPECT_TRUE(find_instance(state, "full", "httpbin-dcd9b4989f-5cndk").has_value());
  const auto missing = find_instance(state, "full", "sleep");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().what().find("httpbin-dcd9b4989f-5cndk"), std::string::npos);
}

TEST(Layout, TwoSpellingsOfADirectoryAreOneMesh) {
  const auto one = Layout::of("/tmp/./x/../mortise-test");
  const auto two = Layout::of("/tmp/mortise-test/");
  EXPECT_EQ(one->mesh_id(), two->mesh_id());
  EXPECT_EQ(one->data_dir(), "/tmp/mortise-test");
  EXPECT_NE(one->mesh_id(), Layout::of("/tmp/mortise-other")->mesh_id());
}

TEST(Layout, GivesEveryWorkloadUidsThatNoProgramMayAskFor) {
  const auto layout = *Layout::of("/tmp/mortise-test");
  EXPECT_NE(layout.sidecar_uid(0), layout.program_uid(0));
  EXPECT_NE(layout.program_uid(0), layout.sidecar_uid(1));
  EXPECT_FALSE(layout.check_program_uid(layout.sidecar_uid(0)).has_value());
  EXPECT_FALSE(layout.check_program_uid(layout.program_uid(kSlots - 1)).has_value());
  EXPECT_FALSE(layout.check_program_uid(1337).has_value());
  EXPECT_TRUE(layout.check_program_uid(0).has_value());
}

// The layout of an ordinary user's mesh whose user namespace maps so many ids.
Layout rootless_layout(const testing_::TemporaryDir& dir, std::uint32_t ids) {
  EXPECT_TRUE(replace_file(dir.path() + "/rootless", std::to_string(ids) + "\n", 0644));
  return *Layout::of(dir.path());
}

TEST(Layout, OfARootlessMeshStaysInsideItsIdsAndItsFolder) {
  const testing_::TemporaryDir dir;
  const auto layout = rootless_layout(dir, 65537);
  EXPECT_TRUE(layout.rootless());
  EXPECT_TRUE(layout.check_ids().has_value());
  EXPECT_LT(layout.program_uid(kSlots - 1), 65534U) << "nobody stands for everybody outside";
  EXPECT_EQ(layout.switch_netns(),
            layout.data_dir() + "/netns/mortise-" + layout.mesh_id() + "-switch");
  EXPECT_TRUE(layout.check_program_uid(1000).has_value());
  EXPECT_FALSE(layout.check_program_uid(layout.sidecar_uid(7)).has_value());
  EXPECT_EQ(
      layout.check_program_uid(70000).error().what(),
      "uid 70000 does not exist in this user namespace, which maps 0 to 65536: choose another "
      "runAsUser");
}

TEST(Layout, RefusesAUserNamespaceWithTooFewIds) {
  const testing_::TemporaryDir dir;
  EXPECT_TRUE(rootless_layout(dir, kUidsNeeded + 1).check_ids().has_value());
  EXPECT_EQ(rootless_layout(dir, kUidsNeeded + 1).sidecar_uid(0), 1U);
  EXPECT_FALSE(rootless_layout(dir, kUidsNeeded).check_ids().has_value());
  EXPECT_FALSE(rootless_layout(dir, 1).check_ids().has_value());
}

TEST(Layout, RefusesPathsTooLongForSockets) {
  EXPECT_EQ(Layout::of("/tmp/" + std::string(80, 'x')).error().code(), Code::invalid);
}

}  // namespace
}  // namespace mortise::runtime
