#include "cli/commands/command_line.h"

namespace mortise::cli {
namespace {

class ProxyRestart : public CommandLine {
 protected:
  ProxyRestart() {
    host.is_running = true;
    for (const auto* name : {"web-1", "web-2", "db-1"}) {
      client::WorkloadStatus status;
      auto& workload = status.registered.workload;
      workload.namespace_name = "full";
      workload.name = name;
      workload.owner = std::string(name).substr(0, std::string(name).find('-'));
      workload.has_sidecar = true;
      mesh.running.push_back(status);
    }
    mesh.running.emplace_back().registered.workload.name = "without-sidecar";
  }
  [[nodiscard]] std::vector<std::string> restarted() const {
    std::vector<std::string> names;
    for (const auto& one : mesh.restarted) names.push_back(one.name);
    return names;
  }
  using Names = std::vector<std::string>;
};

TEST_F(ProxyRestart, TakesAPodADeploymentOrTheWholeMesh) {
  EXPECT_EQ(type({"proxy", "restart", "-n", "full", "db-1"}), 0);
  EXPECT_EQ(restarted(), Names({"db-1"}));
  EXPECT_NE(terminal.err_text.find("restarted the sidecar of full/db-1"), std::string::npos);
  mesh.restarted.clear();
  EXPECT_EQ(type({"proxy", "restart", "-n", "full", "deployment/web"}), 0);
  EXPECT_EQ(restarted(), Names({"web-1", "web-2"}));
  mesh.restarted.clear();
  EXPECT_EQ(type({"proxy", "restart", "--all", "--grace", "2m", "--timeout", "5s"}), 0);
  EXPECT_EQ(restarted(), Names({"db-1", "web-1", "web-2"}));
  EXPECT_EQ(mesh.restarted.front().grace, std::chrono::minutes(2));
  EXPECT_EQ(mesh.restarted.front().limit, std::chrono::seconds(5));
}

TEST_F(ProxyRestart, AllIsOfTheNamespaceThatWasGiven) {
  mesh.running.front().registered.workload.namespace_name = "partial";
  EXPECT_EQ(type({"proxy", "restart", "-n", "partial", "--all"}), 0);
  EXPECT_EQ(restarted(), Names({"web-1"}));
  mesh.restarted.clear();
  EXPECT_EQ(type({"proxy", "restart", "-n", "empty", "--all"}), 0);
  EXPECT_EQ(restarted(), Names());
  EXPECT_NE(terminal.err_text.find("no workload of namespace empty has a sidecar"),
            std::string::npos)
      << terminal.err_text;
  EXPECT_EQ(type({"proxy", "restart", "--all", "-A"}), 0);
  EXPECT_EQ(restarted(), Names({"db-1", "web-2", "web-1"}));
  mesh.restarted.clear();
  EXPECT_EQ(type({"proxy", "restart", "-n", "partial", "-A", "--all"}), 64);
  EXPECT_EQ(restarted(), Names());
}

TEST_F(ProxyRestart, SaysThatANameAndAllWereBothGiven) {
  EXPECT_EQ(type({"proxy", "restart", "--all", "web"}), 64);
  EXPECT_NE(terminal.err_text.find("both \"web\" and --all"), std::string::npos)
      << terminal.err_text;
}

TEST_F(ProxyRestart, StopsAtTheFirstThatFailsAndSaysWhatIsLeft) {
  mesh.broken = "web-1";
  EXPECT_EQ(type({"proxy", "restart", "--all"}), 1);
  EXPECT_EQ(restarted(), Names({"db-1", "web-1"}));
  for (const auto* words : {"full/web-1: it ended", "serves on",
                            "mortise logs -n full web-1 --proxy", "1 more sidecar left"}) {
    EXPECT_NE(terminal.err_text.find(words), std::string::npos) << terminal.err_text;
  }
}

TEST_F(ProxyRestart, SaysAtOnceThatNobodyWouldDoIt) {
  host.is_running = false;
  EXPECT_EQ(type({"proxy", "restart", "--all"}), 1);
  EXPECT_TRUE(restarted().empty());
  EXPECT_EQ(terminal.err_text,
            "error: the supervisor does not run, so every sidecar stays as it is; "
            "remedy: mortise up\n");
}

TEST_F(ProxyRestart, NamesWhatThereIsInPlaceOfAnUnknownWorkload) {
  EXPECT_EQ(type({"proxy", "restart", "-n", "full", "wep"}), 1);
  EXPECT_NE(terminal.err_text.find("web-1, web-2, db-1"), std::string::npos) << terminal.err_text;
  EXPECT_EQ(type({"proxy", "restart"}), 64);
  EXPECT_EQ(type({"proxy", "restart", "--all", "web"}), 64);
}

TEST_F(ProxyRestart, UpReplacesSidecarsOfAnotherVersion) {
  mesh.running.clear();
  host.outdated = {"full/db-1"};
  EXPECT_EQ(type({"up", "--detach"}), 0) << terminal.err_text;
  EXPECT_EQ(restarted(), Names({"db-1"}));
}

}  // namespace
}  // namespace mortise::cli
