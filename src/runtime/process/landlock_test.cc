#include "runtime/process/landlock.h"

#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

constexpr int kSignalsToo = 6;  // the first version that keeps them in

class Landlock : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const auto known =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (known < GetParam()) GTEST_SKIP() << "this kernel's Landlock is older";
    other_ = ::fork();
    if (other_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  void TearDown() override {
    if (other_ <= 0) return;
    ::kill(other_, SIGKILL);
    ::waitpid(other_, nullptr, 0);
  }

  // What `attempt` says in a process that was told to keep out: 0, or an errno.
  template <class Attempt>
  int restricted(Attempt attempt) const {
    const int child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      if (!keep_out_of_other_programs(GetParam())) ::_exit(255);
      ::_exit(attempt() == 0 ? 0 : errno);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  }

  int other_ = 0;  // a process of the same user
};

TEST_P(Landlock, KeepsOutOfOtherProcesses) {
  EXPECT_EQ(restricted([this] { return ::ptrace(PTRACE_SEIZE, other_, 0, 0); }), EPERM);
  EXPECT_EQ(::ptrace(PTRACE_SEIZE, other_, 0, 0), 0) << "who is not told may";
}

TEST_P(Landlock, KeepsSignalsInWhereTheKernelCan) {
  EXPECT_EQ(restricted([this] { return ::kill(other_, 0); }),
            GetParam() >= kSignalsToo ? EPERM : 0);
}

TEST_P(Landlock, LeavesOwnChildrenAlone) {
  EXPECT_EQ(restricted([] {
              const int child = ::fork();
              if (child == 0) ::pause();
              return ::ptrace(PTRACE_SEIZE, child, 0, 0) == 0 ? ::kill(child, SIGKILL) : -1;
            }),
            0);
}

TEST_P(Landlock, LetsFilesMoveBetweenFolders) {
  const testing_::TemporaryDir dir;
  std::filesystem::create_directory(dir.path() + "/a");
  std::filesystem::create_directory(dir.path() + "/b");
  const auto from = dir.path() + "/a/file";
  const auto to = dir.path() + "/b/file";
  std::ofstream(from) << "moved";
  EXPECT_EQ(restricted([&] { return ::rename(from.c_str(), to.c_str()); }), 0);
  EXPECT_TRUE(std::filesystem::exists(to));
}

INSTANTIATE_TEST_SUITE_P(Versions, Landlock, testing::Values(2, 5, 6));

}  // namespace
}  // namespace mortise::runtime
