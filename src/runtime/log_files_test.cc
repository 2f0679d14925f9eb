#include "runtime/log_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.h"
#include "base/testing/figure.h"
#include "runtime/files.h"
#include "runtime/process/spawn.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

TEST(CutLongLogs, KeepsOneOlderFileAndTheWriterGoesOnAtTheBeginning) {
  const testing_::TemporaryDir dir;
  const auto path = dir.path() + "/pod.log";
  const io::Descriptor writer(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  const std::string first(100, 'a');
  ASSERT_EQ(::write(writer.get(), first.data(), first.size()), 100);
  ASSERT_TRUE(replace_file(path + ".1", "older still", 0600).has_value());
  NoLog log;

  cut_long_logs(dir.path(), 100, log);
  EXPECT_EQ(*read_file(path), first) << "at its limit it is not too long";

  ASSERT_EQ(::write(writer.get(), "b", 1), 1);
  cut_long_logs(dir.path(), 100, log);
  EXPECT_EQ(*read_file(path), "");
  EXPECT_EQ(*read_file(path + ".1"), first + "b");

  ASSERT_EQ(::write(writer.get(), "c", 1), 1);
  EXPECT_EQ(*read_file(path), "c");
}

TEST(CutLongLogs, LeavesOtherFilesAlone) {
  const testing_::TemporaryDir dir;
  ASSERT_TRUE(replace_file(dir.path() + "/store.db", "0123456789", 0600).has_value());
  NoLog log;
  cut_long_logs(dir.path(), 5, log);
  EXPECT_EQ(*read_file(dir.path() + "/store.db"), "0123456789");
}

// A program owns its log, and whoever opens a file with a lease on it waits for its owner, up to
// /proc/sys/fs/lease-break-time: 45 s in which a supervisor would do nothing else.
class HeldLog : public testing::Test {
 protected:
  HeldLog() {
    std::signal(SIGIO, SIG_IGN);  // the kernel's request to give it up
    EXPECT_TRUE(replace_file(path_, "line\n", 0600).has_value());
  }
  // F_RDLCK keeps writers waiting, F_WRLCK everybody.
  void hold(int kind) {
    holder_ = io::Descriptor(::open(path_.c_str(), kind == F_RDLCK ? O_RDONLY : O_RDWR));
    ASSERT_EQ(::fcntl(holder_.get(), F_SETLEASE, kind), 0) << std::strerror(errno);
    began_ = clock_.now();
  }
  void expect_no_wait() const {
    figure("with a lease on a log", clock_.now() - began_, std::chrono::seconds(1));
  }

  const testing_::TemporaryDir dir_;
  const std::string path_ = dir_.path() + "/pod.log";
  io::Descriptor holder_;
  const SystemClock clock_;
  TimePoint began_;
};

TEST_F(HeldLog, IsNotWaitedForWhenItIsTooLong) {
  hold(F_RDLCK);
  NoLog log;
  cut_long_logs(dir_.path(), 1, log);
  expect_no_wait();
}

TEST_F(HeldLog, IsNotWaitedForWhenItsLastLineIsWanted) {
  hold(F_WRLCK);
  EXPECT_EQ(last_line(path_), "");
  expect_no_wait();
}

TEST_F(HeldLog, IsNotWaitedForWhenItsProgramStartsAgain) {
  const Launch launch{.program = "/bin/true",
                      .argv = {"true"},
                      .env = {},
                      .sandbox = std::nullopt,
                      .descriptors = {},
                      .log_file = path_};
  hold(F_RDLCK);
  EXPECT_FALSE(spawn(launch, [](const ProcessId&) { return Result<void>(); }));
  expect_no_wait();
}

}  // namespace
}  // namespace mortise::runtime
