#include "base/process_limits.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mortise {
namespace {

// What `change` leaves behind, seen in a child, since none of it can be taken back.
template <class Change, class Check>
bool holds_after(Change change, Check check) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(change() && check() ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

rlimit limit_of(__rlimit_resource what) {
  rlimit limit{};
  getrlimit(what, &limit);
  return limit;
}

TEST(ProcessLimits, AProcessWithKeysLeavesNoCoreFileAndCannotAllowItAgain) {  // invariant 2
  EXPECT_TRUE(holds_after([] { return forbid_core_dumps().has_value(); },
                          [] {
                            const auto core = limit_of(RLIMIT_CORE);
                            return core.rlim_cur == 0 && core.rlim_max == 0;
                          }));
}

TEST(ProcessLimits, AProcessWithKeysIsNotReadableForItsNeighbours) {  // invariant 2
  EXPECT_TRUE(holds_after([] { return forbid_core_dumps().has_value(); },
                          [] { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0; }));
}

TEST(ProcessLimits, RaisesDescriptorsToWhatTheSystemAllows) {
  const auto lower_and_raise = [] {
    auto limit = limit_of(RLIMIT_NOFILE);
    limit.rlim_cur = 16;
    setrlimit(RLIMIT_NOFILE, &limit);
    raise_descriptor_limit();
    return true;
  };
  EXPECT_TRUE(holds_after(lower_and_raise, [] {
    const auto limit = limit_of(RLIMIT_NOFILE);
    return limit.rlim_cur == limit.rlim_max && limit.rlim_cur > 16;
  }));
}

}  // namespace
}  // namespace mortise
