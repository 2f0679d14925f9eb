// cli/commands/command_line.h — tests' own: whole command lines against a fake mesh and machine.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/commands/verbs.h"
#include "cli/fakes.h"

namespace mortise::cli {

// Time that moves a second with every look, so that waits end and INFO lines are fixed.
class SteppingClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return TimePoint(std::chrono::seconds(++looks_)); }
  [[nodiscard]] WallTime wall() const override { return WallTime(std::chrono::seconds(1'000'039)); }

 private:
  mutable int looks_ = 0;
};

// Runs a whole command line against a fake mesh and a fake machine.
class CommandLine : public testing::Test {
 protected:
  int type(std::vector<std::string> words) {
    terminal.out_text.clear();
    terminal.err_text.clear();
    Shared shared;
    shared.data_dir = "/nowhere";
    const Verbs verbs = all_verbs();
    auto parsed = parse(std::move(words), verbs, shared);
    if (auto* answered = std::get_if<Answered>(&parsed)) {
      terminal.out(answered->out);
      terminal.err(answered->err);
      return answered->exit_code;
    }
    const SteppingClock clock;
    auto& chosen = std::get<Chosen>(parsed);
    Context context{terminal, clock, programs, mesh, host, TimePoint(), shared, chosen.program};
    const auto exit_code = chosen.verb->run(context);
    return exit_code ? *exit_code : context.failed(exit_code.error());
  }

  // The next apply makes a pod that is ready at once.
  void runs(const std::string& where, const std::string& name) {
    client::WorkloadStatus status;
    auto& workload = status.registered.workload;
    workload.namespace_name = where;
    workload.name = name;
    workload.owner = name;
    workload.owner_kind = "Pod";
    workload.ready = true;
    status.registered.state = "Running";
    mesh.running_by_apply = {status};
    mesh.stored_by_apply = {{{"Pod", where, name}, "v1", "", "{}"}};
  }

  // A file with this text, gone when the test ends.
  std::string file(const std::string& text) {
    const auto path = folder + "/file.yaml";
    std::ofstream(path) << text;
    return path;
  }
  void SetUp() override {
    std::string name = testing::TempDir() + "mortise-cli-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string folder;
  Programs programs{[](const std::string&) -> Result<void> { return {}; }};
  RecordedTerminal terminal;
  FakeMesh mesh;
  FakeHost host;
};

}  // namespace mortise::cli
