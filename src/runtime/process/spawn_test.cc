#include "runtime/process/spawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "runtime/files.h"
#include "runtime/process/procfs.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

using testing::HasSubstr;

Launch shell(const std::string& script, const std::string& log = {}) {
  return {.program = "/bin/sh",
          .argv = {"sh", "-c", script},
          .env = {{"PATH", "/usr/bin:/bin"}},
          .sandbox = std::nullopt,
          .descriptors = {},
          .log_file = log};
}

Result<void> accept_record(const ProcessId&) { return {}; }

int wait_for(const ProcessId& process) {
  int status = 0;
  EXPECT_EQ(::waitpid(process.pid, &status, 0), process.pid);
  return status;
}

TEST(Spawn, WritesTheOutputToTheLogAndAppends) {
  const testing_::TemporaryDir dir;
  const auto log = dir.path() + "/log";
  for (const char* const word : {"one", "two"}) {
    const auto process = spawn(shell(std::string("echo ") + word, log), accept_record);
    ASSERT_TRUE(process.has_value()) << process.error().what();
    wait_for(*process);
  }
  EXPECT_EQ(*read_file(log), "one\ntwo\n");
}

TEST(Spawn, NothingRunsThatCouldNotBeRecorded) {
  const testing_::TemporaryDir dir;
  const auto proof = dir.path() + "/ran";
  const auto process = spawn(shell("touch " + proof), [](const ProcessId&) -> Result<void> {
    return fail(Code::exhausted, "disk full");
  });
  ASSERT_FALSE(process.has_value());
  EXPECT_THAT(process.error().what(), HasSubstr("disk full"));
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST(Spawn, TheRecordNamesTheProcessWithItsStartTime) {
  ProcessId recorded;
  const auto process = spawn(shell("exit 0"), [&](const ProcessId& id) -> Result<void> {
    EXPECT_TRUE(is_alive(id));
    recorded = id;
    return {};
  });
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(*process, recorded);
  wait_for(*process);
}

TEST(Spawn, PassesDescriptorsFromThreeOnAndNoOthers) {
  const testing_::TemporaryDir dir;
  const auto log = dir.path() + "/log";
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);  // without O_CLOEXEC: it would leak
  auto launch = shell("echo hello >&3; ls /proc/self/fd | tr '\\n' ' '", log);
  launch.descriptors = {ends[1]};
  const auto process = spawn(launch, accept_record);
  ASSERT_TRUE(process.has_value()) << process.error().what();
  wait_for(*process);
  std::array<char, 6> word{};
  EXPECT_EQ(::read(ends[0], word.data(), word.size()), 6);
  // 0, 1, 2, the passed one, and the folder that ls reads.
  EXPECT_EQ(*read_file(log), "0 1 2 3 4 ");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Spawn, RunsScriptsToo) {
  const testing_::TemporaryDir dir;
  const auto script = dir.path() + "/script";
  ASSERT_TRUE(replace_file(script, "#!/bin/sh\necho script $1\n", 0755).has_value());
  auto launch = shell("", dir.path() + "/log");
  launch.program = script;
  launch.argv = {"script", "ran"};
  const auto process = spawn(launch, accept_record);
  ASSERT_TRUE(process.has_value()) << process.error().what();
  wait_for(*process);
  EXPECT_EQ(*read_file(dir.path() + "/log"), "script ran\n");
}

TEST(Spawn, SaysWhyAProgramCannotStart) {
  auto launch = shell("");
  launch.program = "/no/such/program";
  EXPECT_THAT(spawn(launch, accept_record).error().what(), HasSubstr("/no/such/program"));
  launch.program = "/etc/passwd";
  EXPECT_THAT(spawn(launch, accept_record).error().what(), HasSubstr("execute"));
}

TEST(HostProcesses, ReportsHowAProcessEnded) {
  io::EpollLoop loop(1);
  int wakes = 0;
  HostProcesses processes(loop, [&wakes] { ++wakes; });
  const auto process = processes.start(shell("exec sleep 1000"), accept_record);
  ASSERT_TRUE(process.has_value());
  EXPECT_FALSE(processes.ended(*process).has_value());
  processes.signal(*process, SIGKILL);
  std::optional<Ending> ending;
  while (!ending) ending = processes.ended(*process);
  EXPECT_EQ(ending->status, 128 + SIGKILL);
  EXPECT_EQ(ending->to_string(), "was killed by signal 9");
}

TEST(HostProcesses, AProcessOfSomebodyElseIsWatchedByItsStartTime) {
  io::EpollLoop loop(1);
  HostProcesses processes(loop, [] {});
  const auto start = start_time_of(::getpid());
  EXPECT_FALSE(processes.ended({::getpid(), *start}).has_value());
  EXPECT_TRUE(processes.ended({::getpid(), *start + 1}).has_value());
}

}  // namespace
}  // namespace mortise::runtime
