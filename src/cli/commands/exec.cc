#include <fmt/format.h>

#include "cli/commands/verbs.h"
#include "cli/host.h"

namespace mortise::cli {
namespace {

class ExecVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {
        "exec", "Run a command inside a workload's network, as its user",
        "mortise exec -n full sleep -- curl -s http://httpbin.full:8000/headers\n"
        "mortise exec -n full sleep -c istio-proxy -- curl -s http://httpbin.full:8000/headers"};
  }
  void describe(Command& command) override {
    command.positional("WORKLOAD", workload_, Command::Presence::required,
                       "a pod, or the Deployment it belongs to");
    command.option("-c,--container", container_, "NAME",
                   "a container; istio-proxy: as the sidecar, past its capture");
    command.flag("-i,--stdin", interactive_, "always so: the command has this terminal's input");
    command.flag("-t,--tty", interactive_, "always so: the command has this terminal");
    command.takes_namespace();
    command.takes_program(Command::Presence::required);
  }
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::join; }

  Result<int> run(Context& context) override {
    std::string name = workload_;
    for (const auto* prefix : {"pod/", "deployment/", "deploy/", "deployment.apps/"}) {
      if (name.starts_with(prefix)) name.erase(0, std::string_view(prefix).size());
    }
    const auto status =
        context.host.exec({context.shared.namespace_name, name, container_, context.program});
    if (!status) return std::unexpected(context.unless_running(status.error()));
    if (*status != 0) context.say(fmt::format("command terminated with exit code {}", *status));
    return *status;
  }

 private:
  std::string workload_;
  std::string container_;
  bool interactive_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_exec() { return std::make_unique<ExecVerb>(); }

}  // namespace mortise::cli
