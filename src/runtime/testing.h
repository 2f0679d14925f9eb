// runtime/testing.h — for tests of this folder only: a data directory that vanishes, the rule for
// tests that need root, and doubles of the interfaces that reach the kernel.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/net/capture.h"
#include "runtime/net/network.h"
#include "runtime/process/process.h"

// Skips loudly without root; where CI=true nothing may be skipped.
#define MORTISE_NEEDS_ROOT()                                                                   \
  do {                                                                                         \
    if (::geteuid() == 0) break;                                                               \
    const char* const ci = std::getenv("CI");                                                  \
    if (ci != nullptr && std::string(ci) == "true") FAIL() << "CI must run this test as root"; \
    GTEST_SKIP() << "NOT TESTED: needs root for network namespaces";                           \
  } while (false)

namespace mortise::runtime::testing_ {

class TemporaryDir {
 public:
  TemporaryDir() {
    std::string pattern = "/tmp/mortise-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  ~TemporaryDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Remembers which homes exist; every port of `listening` is open everywhere.
class FakeNetwork final : public Network {
 public:
  Result<void> open() override { return {}; }
  Result<void> ensure(const Home& home) override {
    existing.insert(home.netns);
    return {};
  }
  bool is_open() override { return true; }
  bool is_intact(const Home& home, const ProcessId&) override {
    return existing.contains(home.netns);
  }
  Result<bool> reclaim(const Home& home, const ProcessId&) override {
    return existing.contains(home.netns);
  }
  Result<void> remove(const Home& home) override {
    existing.erase(home.netns);
    return {};
  }
  Result<CaptureSockets> listen(const Home&) override {
    ++sockets_made;
    return CaptureSockets{io::Descriptor(::dup(0)), io::Descriptor(::dup(0))};
  }
  Result<std::set<std::uint16_t>> listening_ports(const Home&) override { return listening; }
  std::vector<std::string> homes() override { return {existing.begin(), existing.end()}; }

  std::set<std::string> existing;
  std::set<std::uint16_t> listening;
  int sockets_made = 0;
};

class FakeCapture final : public Capture {
 public:
  Result<void> apply(const std::string& netns, const std::string& rules) override {
    applied[netns].push_back(rules);
    return {};
  }
  Result<std::uint32_t> generation(const std::string& netns) override {
    return static_cast<std::uint32_t>(applied[netns].size()) + flushes;
  }
  std::map<std::string, std::vector<std::string>> applied;
  std::uint32_t flushes = 0;  // by somebody else
};

// Processes that run until the test ends them.
class FakeProcesses final : public Processes {
 public:
  Result<ProcessId> start(const Launch& launch, const Record& record) override {
    if (missing.contains(launch.argv.front())) return fail(Code::not_found, "program missing");
    const ProcessId process{++last_pid_, 1};
    CHECK_OK(record(process));
    running[process] = launch;
    started.push_back(launch.argv.front());
    return process;
  }
  std::optional<Ending> ended(const ProcessId& process) override {
    if (running.contains(process)) return std::nullopt;
    return Ending{.status = exit_status};
  }
  bool announced(const ProcessId& process) override { return in_force.contains(process); }
  bool works_in(const ProcessId& process, const std::string& folder) override {
    return ::access(folder.c_str(), F_OK) == 0 && !strayed.contains(process);
  }
  // All but SIGUSR1, which asks to finish what is going on, end a process at once.
  void signal(const ProcessId& process, int number) override {
    if (number == SIGUSR1) {
      finishing.insert(process);
    } else {
      running.erase(process);
    }
  }
  Result<CaptureSockets> take_sockets(const ProcessId& process) override {
    if (!running.contains(process)) return fail(Code::not_found, "it is gone");
    ++sockets_taken;
    return CaptureSockets{io::Descriptor(::dup(0)), io::Descriptor(::dup(0))};
  }
  int signal_inside(const std::string& netns, std::optional<std::uint32_t> uid, int) override {
    return static_cast<int>(std::erase_if(running, [&](const auto& entry) {
      const auto& sandbox = entry.second.sandbox;
      return sandbox && sandbox->netns == netns && (!uid || sandbox->uid == *uid);
    }));
  }
  int signal_users(UidRange users, int) override {
    return static_cast<int>(std::erase_if(running, [&](const auto& entry) {
      const auto& sandbox = entry.second.sandbox;
      return sandbox && sandbox->uid - users.first < users.count;
    }));
  }

  // The process that runs this program; invalid if none does.
  [[nodiscard]] ProcessId running_as(const std::string& program) const {
    for (const auto& [process, launch] : running)
      if (launch.argv.front() == program) return process;
    return {};
  }
  void end(const std::string& program) { running.erase(running_as(program)); }

  std::map<ProcessId, Launch> running;
  std::set<ProcessId> in_force;   // said that they serve
  std::set<ProcessId> strayed;    // their folder is another one than that of its name
  std::set<ProcessId> finishing;  // were told that another one serves
  std::vector<std::string> started;
  std::set<std::string> missing;
  int sockets_taken = 0;
  int exit_status = 1;  // of every process that ends

 private:
  int last_pid_ = 1000;
};

}  // namespace mortise::runtime::testing_
