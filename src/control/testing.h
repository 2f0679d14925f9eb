// control/testing.h — a whole control plane in a child process, for tests that talk to it as the
// CLI and a sidecar do, and that kill it without warning.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/run.h"
#include "http/client.h"
#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "io/race.h"

namespace mortise::control {

using Json = nlohmann::json;

class ControlProcess {
 public:
  ControlProcess() {
    std::string pattern = testing::TempDir() + "control-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(directory_ + "/sidecars");
  }
  ~ControlProcess() {
    end(SIGKILL);
    std::filesystem::remove_all(directory_);
  }

  void start(std::size_t set_size = 1000) {
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) _exit(run({directory_, Level::warning, set_size}) ? 0 : 1);
  }
  // The exit status, or minus the signal that ended it.
  int end(int number) {
    if (child_ <= 0) return 0;
    kill(child_, number);
    return wait();
  }
  int wait() {
    int status = 0;
    waitpid(std::exchange(child_, -1), &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string socket() const { return directory_ + "/control.sock"; }
  [[nodiscard]] std::string sidecar_socket(const std::string& workload) const {
    return directory_ + "/sidecars/" + workload + "/control.sock";
  }
  // As the runtime does before it registers a workload.
  void make_sidecar_directory(const std::string& workload, uid_t owner) const {
    const auto path = directory_ + "/sidecars/" + workload;
    ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
    if (owner != geteuid()) ASSERT_EQ(chown(path.c_str(), owner, static_cast<gid_t>(-1)), 0);
  }

 private:
  std::string directory_;
  pid_t child_ = -1;
};

struct ApiAnswer {
  int status = 0;
  Json body;
};

// The API as its users see it. Waits for the control plane to come up.
class ApiUser {
 public:
  explicit ApiUser(const ControlProcess& control) : control_(control) {}

  io::EpollLoop& loop() { return loop_; }
  io::Network& network() { return network_; }

  ApiAnswer ask(const std::string& method, const std::string& target, const Json& body = {}) {
    auto answer = loop_.run_until_done(exchange(method, target, body.is_null() ? "" : body.dump()));
    EXPECT_TRUE(answer) << target << ": " << answer.error().what();
    if (!answer) return {};
    return {answer->status, Json::parse(answer->body, nullptr, false)};
  }
  ApiAnswer get(const std::string& target) { return ask("GET", target); }

  ApiAnswer apply(const std::string& yaml) {
    return ask("POST", "/api/v1/objects", {{"files", {{{"name", "test.yaml"}, {"text", yaml}}}}});
  }
  ApiAnswer mtls(const std::string& resource, const std::string& action) {
    return ask("POST", "/api/v1/mtls", {{"resource", resource}, {"action", action}});
  }
  ApiAnswer register_workload(const std::string& namespace_name, const std::string& name,
                              const std::string& address, uid_t sidecar_uid) {
    return ask("PUT", "/api/v1/workloads/" + namespace_name + "/" + name,
               {{"owner", name},
                {"owner_kind", "Deployment"},
                {"service_account", name},
                {"labels", {{"app", name}}},
                {"address", address},
                {"ports", {{{"name", "http"}, {"port", 80}}}},
                {"has_sidecar", true},
                {"sidecar_uid", sidecar_uid},
                {"tls_mode", "istio"},
                {"ready", true},
                {"state", "Running"},
                {"restarts", 0}});
  }

  // Dials until somebody listens.
  io::Task<Result<std::unique_ptr<io::Stream>>> dial(std::string path) {
    const auto deadline = loop_.now() + std::chrono::seconds(10);
    for (;;) {
      auto stream = co_await network_.connect_unix(path);
      if (stream || loop_.now() > deadline) co_return stream;
      co_await loop_.sleep_for(std::chrono::milliseconds(5));
    }
  }

 private:
  io::Task<Result<http::Response>> exchange(std::string method, std::string target,
                                            std::string body) {
    CO_TRY(auto stream, co_await dial(control_.socket()));
    http::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    co_return co_await io::with_deadline(loop_, std::chrono::seconds(20), "answer",
                                         http::request(*stream, std::move(request)));
  }

  const ControlProcess& control_;
  io::EpollLoop loop_{1};
  io::OsNetwork network_{loop_};
};

}  // namespace mortise::control
