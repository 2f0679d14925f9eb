// The commands that work on what a supervisor left: exec and down, with real namespaces.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "runtime/data_dir.h"
#include "runtime/files.h"
#include "runtime/lock.h"
#include "runtime/net/netns.h"
#include "runtime/process/launch.h"
#include "runtime/process/procfs.h"
#include "runtime/process/spawn.h"
#include "runtime/runtime.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// One workload with a sidecar's place, as a supervisor that died has recorded it.
class AbandonedMesh : public testing::Test {
 protected:
  void SetUp() override {
    MORTISE_NEEDS_ROOT();
    record_.spec.namespace_name = "full";
    record_.spec.name = "sleep-1";
    record_.spec.owner = "sleep";
    record_.spec.has_sidecar = true;
    record_.spec.programs = {{.container = "main",
                              .argv = {"sleep", "infinity"},
                              .env = {{"GREETING", "hello"}},
                              .working_dir = {},
                              .uid = {},
                              .problem = {}}};
    record_.programs.resize(1);
    record_.netns = layout_.workload_netns("full", "sleep-1");
    PrivateNetwork network(layout_);
    ASSERT_TRUE(network.open().has_value());
    ASSERT_TRUE(network.ensure({record_.netns, 0}).has_value());
    ASSERT_TRUE(make_dir(layout_.sidecars_dir(), 0711).has_value());
    ASSERT_TRUE(make_dir(layout_.sidecar_dir("full", "sleep-1"), 0700).has_value());
    ASSERT_TRUE(make_dir(layout_.hosts_dir(), 0755).has_value());
    ASSERT_TRUE(replace_file(layout_.hosts_file("full"), "198.19.0.1 x\n", 0644).has_value());
    ASSERT_TRUE(replace_file(layout_.resolver_file("full"), "search x\n", 0644).has_value());
    State state;
    state.made_netns_mount = network.makes_netns_mount();
    state.instances.emplace(record_.spec.key(), record_);
    ASSERT_TRUE(save_state(layout_.state_file(), state).has_value());
  }
  void TearDown() override {
    if (::geteuid() != 0) return;
    EXPECT_TRUE(down(layout_.data_dir(), false).has_value());
    EXPECT_THAT(netns_names(layout_.netns_prefix()), IsEmpty());
  }

  Result<int> run(const std::string& script, const std::string& container = {}) {
    return exec(layout_.data_dir(), {.namespace_name = "full",
                                     .workload = "sleep",
                                     .container = container,
                                     .command = {"sh", "-c", script}});
  }

  testing_::TemporaryDir dir_;
  Layout layout_ = *Layout::of(dir_.path());
  InstanceRecord record_;
};

TEST_F(AbandonedMesh, ExecReportsHowTheCommandEnded) {
  EXPECT_EQ(*run("exit 7"), 7);
  EXPECT_EQ(*run("kill -9 $$"), 128 + SIGKILL);
  const auto missing = exec(layout_.data_dir(), {.namespace_name = "full",
                                                 .workload = "sleep",
                                                 .container = {},
                                                 .command = {"no-such-program"}});
  EXPECT_EQ(*missing, 127);
}

TEST_F(AbandonedMesh, ExecRunsInTheWorkloadsPlaceAsItsUid) {
  const auto uid = std::to_string(layout_.program_uid(0));
  EXPECT_EQ(*run("test $(id -u) = " + uid), 0);
  EXPECT_EQ(*run("test $GREETING = hello && test $(hostname) = sleep-1"), 0);
  EXPECT_EQ(*run("grep -q 198.19.0.1 /etc/hosts && grep -q eth0 /proc/net/dev"), 0);
  EXPECT_EQ(*run("ls " + layout_.data_dir() + " 2>/dev/null"), 2);
}

TEST_F(AbandonedMesh, ExecAsTheSidecarHasItsUid) {
  const auto uid = std::to_string(layout_.sidecar_uid(0));
  EXPECT_EQ(*run("test $(id -u) = " + uid, "istio-proxy"), 0);
}

TEST_F(AbandonedMesh, ExecNamesTheContainersThereAre) {
  const auto answer = run("true", "mian");
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().what(), HasSubstr("it has: main, istio-proxy"));
}

TEST_F(AbandonedMesh, ExecSaysThatAWorkloadIsEnding) {
  auto state = *load_state(layout_.state_file());
  state.instances.begin()->second.removing = true;
  ASSERT_TRUE(save_state(layout_.state_file(), state).has_value());
  const auto answer = run("true");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::unavailable);
  EXPECT_THAT(answer.error().what(), HasSubstr("is ending"));
}

TEST_F(AbandonedMesh, ProgramsMayOpenTheirOutputByName) {
  const auto log = layout_.data_dir() + "/log";
  Launch launch{.program = "/bin/sh",
                .argv = {"sh", "-c", "echo one >> /dev/stdout && echo two >> /dev/stderr"},
                .env = {{"PATH", "/usr/bin:/bin"}},
                .sandbox = program_sandbox(layout_, record_, record_.spec.programs[0]),
                .descriptors = {},
                .log_file = log};
  const auto process = spawn(launch, [](const ProcessId&) { return Result<void>(); });
  ASSERT_TRUE(process.has_value()) << process.error().what();
  int status = 0;
  EXPECT_EQ(::waitpid(process->pid, &status, 0), process->pid);
  EXPECT_EQ(*read_file(log), "one\ntwo\n");
}

TEST_F(AbandonedMesh, DownEndsProcessesThatNobodyRecorded) {
  const testing_::TemporaryDir elsewhere;
  Launch launch{.program = "/bin/sh",
                .argv = {"sh", "-c", "trap '' TERM; echo deaf; exec sleep 1000"},
                .env = {{"PATH", "/usr/bin:/bin"}},
                .sandbox = program_sandbox(layout_, record_, record_.spec.programs[0]),
                .descriptors = {},
                .log_file = elsewhere.path() + "/log"};
  const auto process = spawn(launch, [](const ProcessId&) { return Result<void>(); });
  ASSERT_TRUE(process.has_value()) << process.error().what();
  // From then on it ignores the polite signal.
  for (int i = 0; i < 1000 && read_file(launch.log_file).value_or("").empty(); ++i)
    ::poll(nullptr, 0, 5);
  const auto report = down(layout_.data_dir(), false);
  ASSERT_TRUE(report.has_value()) << report.error().what();
  EXPECT_EQ(report->processes, 1);
  EXPECT_EQ(report->namespaces, 2);
  int status = 0;
  EXPECT_EQ(::waitpid(process->pid, &status, 0), process->pid);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST_F(AbandonedMesh, DownEndsASupervisorThatHasNoLockYet) {
  Launch launch{.program = "/bin/sh",
                .argv = {"sh", "-c", "mkfifo \"$2/gate\"; read -r never <\"$2/gate\"", "supervise",
                         "--data-dir", layout_.data_dir()},
                .env = {{"PATH", "/usr/bin:/bin"}},
                .sandbox = std::nullopt,
                .descriptors = {},
                .log_file = {}};
  const auto process = spawn(launch, [](const ProcessId&) { return Result<void>(); });
  ASSERT_TRUE(process.has_value()) << process.error().what();
  while (!std::filesystem::exists(layout_.data_dir() + "/gate")) ::poll(nullptr, 0, 5);
  const auto report = down(layout_.data_dir(), false);
  ::kill(process->pid, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(process->pid, &status, 0), process->pid);
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  std::filesystem::remove(layout_.data_dir() + "/gate");
  ASSERT_TRUE(report.has_value()) << report.error().what();
}

TEST_F(AbandonedMesh, DownLeavesNothingAndMayBeRepeated) {
  ASSERT_TRUE(replace_file(layout_.data_dir() + "/store.db", "x", 0600).has_value());
  ASSERT_TRUE(down(layout_.data_dir(), false).has_value());
  EXPECT_FALSE(std::filesystem::exists(layout_.state_file()));
  EXPECT_FALSE(std::filesystem::exists(layout_.sidecars_dir()));
  EXPECT_FALSE(std::filesystem::exists(layout_.lock_file()));
  EXPECT_TRUE(std::filesystem::exists(layout_.data_dir() + "/store.db"));
  const auto again = down(layout_.data_dir(), true);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->processes + again->namespaces, 0);
  EXPECT_FALSE(std::filesystem::exists(layout_.data_dir()));
}

TEST_F(AbandonedMesh, DownWorksWithoutTheRecord) {
  ASSERT_TRUE(replace_file(layout_.state_file(), "{broken", 0600).has_value());
  const auto report = down(layout_.data_dir(), false);
  ASSERT_TRUE(report.has_value()) << report.error().what();
  EXPECT_EQ(report->namespaces, 2);
}

// Folders are read in no order that we know, so several places are tried.
TEST_F(AbandonedMesh, APurgeThatWasCutShortAnywhereCanBeRepeated) {
  for (const char* const name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    const auto obstacle = layout_.data_dir() + "/" + name;
    ASSERT_TRUE(make_dir(layout_.data_dir(), 0700).has_value());
    ASSERT_TRUE(make_dir(obstacle, 0700).has_value());
    ASSERT_TRUE(replace_file(layout_.data_dir() + "/supervisor.lock", "", 0600).has_value());
    ASSERT_TRUE(replace_file(layout_.data_dir() + "/store.db", "", 0600).has_value());
    ASSERT_TRUE(make_dir(layout_.data_dir() + "/ca", 0700).has_value());
    ASSERT_TRUE(replace_file(layout_.data_dir() + "/ca/root-key.pem", "", 0600).has_value());
    // A mount point cannot be removed: here the removal stops.
    ASSERT_EQ(::mount("none", obstacle.c_str(), "tmpfs", 0, nullptr), 0);
    EXPECT_FALSE(down(layout_.data_dir(), true).has_value());
    // What a control plane begins with is gone, or whole: nothing keeps it from starting.
    EXPECT_FALSE(std::filesystem::exists(layout_.data_dir() + "/store.db"));
    EXPECT_FALSE(std::filesystem::exists(layout_.data_dir() + "/ca"));
    ASSERT_EQ(::umount2(obstacle.c_str(), 0), 0);
    const auto again = down(layout_.data_dir(), true);
    ASSERT_TRUE(again.has_value()) << again.error().what();
    EXPECT_FALSE(std::filesystem::exists(layout_.data_dir()));
  }
}

TEST(CheckDataDir, KnowsAFolderThatWasOnlyJustBegun) {
  const testing_::TemporaryDir dir;
  ASSERT_TRUE(make_dir(dir.path() + "/logs", 0700).has_value());
  ASSERT_TRUE(replace_file(dir.path() + "/.mortise-probe", "", 0600).has_value());
  EXPECT_TRUE(check_data_dir(dir.path()).has_value());
  ASSERT_TRUE(replace_file(dir.path() + "/images.json.next", "{", 0600).has_value());
  EXPECT_TRUE(check_data_dir(dir.path()).has_value());
}

TEST(CheckDataDir, TakesNoFolderOfLogsForOurs) {
  const testing_::TemporaryDir dir;
  ASSERT_TRUE(make_dir(dir.path() + "/logs", 0700).has_value());
  ASSERT_TRUE(replace_file(dir.path() + "/logs/access.log", "x", 0600).has_value());
  EXPECT_FALSE(check_data_dir(dir.path()).has_value());
}

TEST(Down, TouchesNoFolderOfAnybodyElse) {
  MORTISE_NEEDS_ROOT();
  const testing_::TemporaryDir dir;
  ASSERT_TRUE(replace_file(dir.path() + "/thesis.tex", "x", 0600).has_value());
  const auto report = down(dir.path(), true);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code(), Code::invalid);
  EXPECT_TRUE(std::filesystem::exists(dir.path() + "/thesis.tex"));
}

TEST(SupervisorLock, HasOneOwnerAtATime) {
  const testing_::TemporaryDir dir;
  const auto layout = *Layout::of(dir.path());
  EXPECT_EQ(lock_owner(layout), std::nullopt);
  {
    const auto lock = SupervisorLock::take(layout);
    ASSERT_TRUE(lock.has_value());
    EXPECT_EQ(lock_owner(layout), ::getpid());
    const auto second = SupervisorLock::take(layout);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), Code::conflict);
    EXPECT_THAT(second.error().what(), HasSubstr(std::to_string(::getpid())));
  }
  EXPECT_EQ(lock_owner(layout), std::nullopt);
}

// A child that was about to be started has its parent's lock until it executes its program.
TEST(SupervisorLock, IsTakenOnceTheLastTraceOfAKilledOwnerIsGone) {
  const testing_::TemporaryDir dir;
  const auto layout = *Layout::of(dir.path());
  const int gone = ::fork();
  if (gone == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(gone, nullptr, 0), gone);
  ASSERT_TRUE(replace_file(layout.lock_file(), std::to_string(gone) + "\n", 0600).has_value());
  const int heir = ::fork();
  if (heir == 0) {
    const int file = ::open(layout.lock_file().c_str(), O_RDWR);
    ::_exit(::flock(file, LOCK_EX) == 0 && ::poll(nullptr, 0, 200) == 0 ? 0 : 1);
  }
  while (!lock_owner(layout)) ::poll(nullptr, 0, 5);
  const auto lock = SupervisorLock::take(layout);
  EXPECT_TRUE(lock.has_value()) << lock.error().what();
  int status = 0;
  EXPECT_EQ(::waitpid(heir, &status, 0), heir);
  EXPECT_EQ(status, 0);
}

TEST(Preflight, EveryUnmetRequirementHasARemedy) {
  const Options options{.data_dir = "/tmp/mortise-preflight-test",
                        .binaries = {"/bin/true", "/nonexistent/mortise-proxy", "/bin/true"}};
  bool saw_proxy = false;
  for (const auto& requirement : requirements(options)) {
    EXPECT_NE(requirement.remedy, "") << requirement.name;
    EXPECT_EQ(requirement.met, requirement.problem.empty()) << requirement.name;
    saw_proxy |= requirement.name == "mortise-proxy" && !requirement.met;
  }
  EXPECT_TRUE(saw_proxy);
  EXPECT_FALSE(preflight(options).has_value());
}

TEST(CheckProgram, SaysWhatIsMissingAndWhatToDo) {
  const testing_::TemporaryDir dir;
  const Options options{.data_dir = dir.path(),
                        .binaries = {"/bin/true", "/bin/true", "/bin/true"}};
  model::Container container;
  container.command = {"no-such-program"};
  EXPECT_THAT(check_program(options, container).error().what(),
              HasSubstr("program \"no-such-program\" not found in PATH; install it"));
  container.command = {};
  container.image = "acme/shop";
  EXPECT_FALSE(check_program(options, container).has_value());
  ASSERT_TRUE(remember_images(dir.path(), {{"acme/shop", {"sleep", "1"}}}).has_value());
  EXPECT_TRUE(check_program(options, container).has_value());
  container.run_as_user = 1337;
  EXPECT_THAT(check_program(options, container).error().what(), HasSubstr("1337"));
}

}  // namespace
}  // namespace mortise::runtime
