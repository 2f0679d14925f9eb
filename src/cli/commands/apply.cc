#include <fmt/format.h>

#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/files.h"
#include "cli/preview.h"
#include "cli/waiting.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

class ApplyVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {
        "apply", "Create or change objects from Kubernetes YAML; all of them or none",
        "mortise apply -f deploy/lab/\nmortise apply -n full -f policy.yaml --reason \"audit\"\n"
        "cat policy.yaml | mortise apply --dry-run -f -"};
  }

  void describe(Command& command) override {
    command.repeated("-f,--filename", files_, "FILE",
                     "a file, a folder or - for standard input; repeat");
    command.takes_namespace();
    command.flag("--dry-run", dry_run_, "check everything and show the difference, change nothing");
    command.flag("--force", force_, "also where an older object of equal rank silences it");
    command.option("--reason", reason_, "TEXT", "why; kept with the change");
    waiting_.describe(command);
  }

  Result<int> run(Context& context) override {
    if (files_.empty()) return context.wrong_usage("apply needs at least one -f FILE");
    TRY(auto files, read_files(files_));
    client::Apply what;
    what.files = std::move(files);
    what.namespace_name = context.shared.namespace_name;
    what.namespace_given = context.shared.namespace_given;
    what.dry_run = dry_run_;
    what.force = force_;
    what.reason = reason_;
    what.wait = waiting_.milliseconds();
    const auto parsed = parse_files(what);
    if (parsed.objects.empty() && parsed.problems.empty()) {
      context.say(fmt::format("error: no objects found in {}", fmt::join(files_, ", ")));
      return kBadInput;
    }
    return dry_run_ ? show(context, what) : send(context, std::move(what));
  }

 private:
  static Result<int> send(Context& context, client::Apply what) {
    const auto problems = problems_before_sending(context, what);
    if (!problems.empty()) return report_problems(context, problems);
    TRY(const auto change, context.mesh.apply(std::move(what)));
    return report_change(context, change);
  }

  static Result<int> show(Context& context, const client::Apply& what) {
    const auto problems = problems_before_sending(context, what);
    if (!problems.empty()) return report_problems(context, problems);
    TRY(const auto change, context.mesh.apply(what));
    const int exit_code = report_change(context, change, " (dry run)");
    if (exit_code != kDone) return exit_code;
    TRY(const auto differences, preview(context, what));
    context.terminal.out(differences);
    return kDone;
  }

  std::vector<std::string> files_;
  bool dry_run_ = false;
  bool force_ = false;
  std::string reason_;
  Waiting waiting_;
};

}  // namespace

std::unique_ptr<Verb> make_apply() { return std::make_unique<ApplyVerb>(); }

}  // namespace mortise::cli
