#include "runtime/upgrade.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/process/procfs.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

ProcessId this_process() { return {::getpid(), start_time_of(::getpid()).value_or(0)}; }

TEST(Outdated, IsWhoRunsAnotherFileThanTheInstalledOne) {
  EXPECT_FALSE(is_outdated(this_process(), "/proc/self/exe"));
  EXPECT_TRUE(is_outdated(this_process(), "/bin/sh"));
}

TEST(Outdated, IsNobodyOfWhomItCannotBeTold) {
  EXPECT_FALSE(is_outdated({}, "/bin/sh")) << "nobody runs";
  EXPECT_FALSE(is_outdated(this_process(), "/nowhere")) << "nothing is installed";
  const testing_::TemporaryDir dir;
  const auto wrapper = dir.path() + "/mortise-proxy";
  ASSERT_TRUE(replace_file(wrapper, "#!/bin/sh\nexec something \"$@\"\n", 0755));
  EXPECT_FALSE(is_outdated(this_process(), wrapper)) << "what a script executes is not known";
}

}  // namespace
}  // namespace mortise::runtime
