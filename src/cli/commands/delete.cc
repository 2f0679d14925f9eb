#include <fmt/format.h>

#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/files.h"
#include "cli/waiting.h"
#include "client/blocking.h"
#include "manifest/kinds.h"

namespace mortise::cli {
namespace {

class DeleteVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"delete", "Remove objects by kind and name, or everything that files name",
            "mortise delete policy httpbin -n full\nmortise delete -f deploy/lab/\n"
            "mortise delete ns full partial legacy"};
  }

  void describe(Command& command) override {
    command.positionals("KIND", names_, "the kind, then one or more names");
    command.repeated("-f,--filename", files_, "FILE",
                     "a file, a folder or - for standard input; repeat");
    command.takes_namespace();
    command.option("--reason", reason_, "TEXT", "why; kept with the change");
    waiting_.describe(command);
  }

  Result<int> run(Context& context) override {
    if (files_.empty() == names_.empty()) {
      return context.wrong_usage("delete takes either -f FILE or KIND NAME");
    }
    client::Remove what;
    what.namespace_name = context.shared.namespace_name;
    what.reason = reason_;
    what.wait = waiting_.milliseconds();
    if (!files_.empty()) {
      TRY(what.files, read_files(files_));
      TRY(const auto change, context.mesh.remove(std::move(what)));
      return report_change(context, change);
    }
    if (names_.size() < 2) return context.wrong_usage("delete " + names_[0] + " needs a name");
    const auto kind = manifest::resolve_kind(names_.front());
    if (!kind) return context.wrong_usage(kind.error().what());
    what.kind = (*kind)->name;
    int worst = kDone;
    for (std::size_t i = 1; i < names_.size(); ++i) {
      what.name = names_[i];
      if (what.kind == "Pod") CHECK_OK(check_pod_is_its_own(context, what.name));
      TRY(const auto change, context.mesh.remove(what));
      worst = std::max(worst, report_change(context, change));
    }
    return worst;
  }

 private:
  // What an owner made comes back as long as the owner is there.
  static Result<void> check_pod_is_its_own(Context& context, const std::string& name) {
    const auto& where = context.shared.namespace_name;
    TRY(const auto pods, context.mesh.workloads(where));
    for (const auto& pod : pods) {
      const auto& workload = pod.registered.workload;
      if (workload.name != name || workload.owner_kind == "Pod") continue;
      return fail(Code::conflict,
                  fmt::format("pod \"{0}\" belongs to {1} {2}, which would make a new one; mortise "
                              "delete {1} {2} -n {3} removes both",
                              name, workload.owner_kind, workload.owner, where));
    }
    return {};
  }

  std::vector<std::string> names_;
  std::vector<std::string> files_;
  std::string reason_;
  Waiting waiting_;
};

}  // namespace

std::unique_ptr<Verb> make_delete() { return std::make_unique<DeleteVerb>(); }

}  // namespace mortise::cli
