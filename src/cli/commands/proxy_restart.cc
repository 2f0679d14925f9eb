#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/verbs.h"
#include "cli/duration.h"
#include "cli/host.h"
#include "cli/restart.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

class ProxyRestartVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"proxy restart", "Replace a workload's sidecar by a new process, without losing a call",
            "mortise proxy restart -n full httpbin\n"
            "mortise proxy restart -n full --all\n"
            "mortise proxy restart --all --grace 2m"};
  }
  void describe(Command& command) override {
    command.positional(
        "WORKLOAD", workload_, Command::Presence::optional,
        "a pod, or the Deployment it belongs to: then the sidecar of each of its pods");
    command.flag("--all", all_,
                 "every sidecar of the mesh, or with -n of that namespace, one by one");
    command.duration("--grace", grace_,
                     "how long the old process may finish what is going on; default: 30s");
    command.duration("--timeout", limit_,
                     "how long a new process may take until it is in force; default: 20s");
    command.takes_namespace();
    command.takes_all_namespaces();
  }

  Result<int> run(Context& context) override {
    if (const auto mistake = mistake_in(context.shared); !mistake.empty()) {
      return context.wrong_usage(mistake);
    }
    TRY(const auto keys, all_ ? every_sidecar(context) : sidecars_of(context));
    if (!context.host.running()) {
      return fail(Code::unavailable,
                  "the supervisor does not run, so every sidecar stays as it is; "
                  "remedy: mortise up");
    }
    const Interrupt interrupt;
    CHECK_OK(restart_sidecars(
        context, keys, {duration_cast<milliseconds>(grace_), duration_cast<milliseconds>(limit_)},
        interrupt));
    if (keys.empty()) {
      const auto& where = context.shared;
      context.say(fmt::format(
          "no workload{} has a sidecar",
          where.namespace_given ? " of namespace " + where.namespace_name : std::string()));
    }
    return kDone;
  }

 private:
  // Empty: it is clear what is meant.
  [[nodiscard]] std::string mistake_in(const Shared& shared) const {
    if (all_ && !workload_.empty()) {
      return fmt::format("both \"{}\" and --all were given: write one of them", workload_);
    }
    if (!all_ && workload_.empty()) return "name a workload, or write --all";
    if (!shared.all_namespaces) return "";
    if (shared.namespace_given) return "both -n and -A were given: write one of them";
    return all_ ? "" : "-A goes with --all: a workload is of one namespace";
  }

  static Result<std::vector<std::string>> every_sidecar(Context& context) {
    const auto& shared = context.shared;
    TRY(const auto workloads,
        context.mesh.workloads(shared.namespace_given ? shared.namespace_name : ""));
    std::vector<std::string> keys;
    for (const auto& status : workloads) {
      const auto& workload = status.registered.workload;
      if (workload.has_sidecar) keys.push_back(workload.key());
    }
    std::ranges::sort(keys);
    return keys;
  }

  Result<std::vector<std::string>> sidecars_of(Context& context) {
    std::string name = workload_;
    for (const auto* prefix : {"pod/", "deployment/", "deploy/", "deployment.apps/"}) {
      if (name.starts_with(prefix)) name.erase(0, std::string_view(prefix).size());
    }
    const auto& where = context.shared.namespace_name;
    TRY(const auto workloads, context.mesh.workloads(where));
    std::vector<std::string> pod;
    std::vector<std::string> owned;
    std::string names;
    for (const auto& status : workloads) {
      const auto& workload = status.registered.workload;
      if (workload.name == name) pod.push_back(workload.key());
      if (workload.owner == name) owned.push_back(workload.key());
      names += (names.empty() ? "" : ", ") + workload.name;
    }
    if (!pod.empty()) return pod;
    if (!owned.empty()) return owned;
    return fail(Code::not_found,
                fmt::format("no workload \"{}\" in namespace {} (there are: {}); see `mortise get "
                            "pods -A`",
                            name, where, names.empty() ? "none" : names));
  }

  std::string workload_;
  bool all_ = false;
  Duration grace_ = std::chrono::seconds(30);
  Duration limit_ = std::chrono::seconds(20);
};

}  // namespace

std::unique_ptr<Verb> make_proxy_restart() { return std::make_unique<ProxyRestartVerb>(); }

}  // namespace mortise::cli
