#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/files.h"
#include "cli/waiting.h"
#include "client/blocking.h"

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
    what.kind = names_.front();
    int worst = kDone;
    for (std::size_t i = 1; i < names_.size(); ++i) {
      what.name = names_[i];
      TRY(const auto change, context.mesh.remove(what));
      worst = std::max(worst, report_change(context, change));
    }
    return worst;
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> files_;
  std::string reason_;
  Waiting waiting_;
};

}  // namespace

std::unique_ptr<Verb> make_delete() { return std::make_unique<DeleteVerb>(); }

}  // namespace mortise::cli
