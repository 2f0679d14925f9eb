#include <fmt/format.h>

#include "cli/bring_up.h"
#include "cli/change.h"
#include "cli/host.h"
#include "cli/mesh.h"
#include "cli/resource.h"
#include "cli/verbs.h"

namespace mortise::cli {
namespace {

class RunVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"run", "A one-off workload: runs a program in it, then removes it",
            "mortise run probe -n full -- curl -s http://httpbin.full:8000/headers\n"
            "mortise run -it shell -n legacy --rm -- sh"};
  }
  void describe(Command& command) override {
    command.positional("NAME", name_, Command::Presence::required, "of the workload");
    command.takes_namespace();
    command.option("--image", image_, "noted in the workload; the program is the host's");
    command.flag("--rm", remove_, "always so: the workload goes when its program ends");
    command.flag("-i,--stdin", interactive_, "always so: the program has this terminal's input");
    command.flag("-t,--tty", interactive_, "always so: the program has this terminal");
    command.duration("--timeout", limit_, "how long its start may take; default: 30s");
    command.takes_program();
  }

  Result<int> run(Context& context) override {
    if (!is_object_name(name_)) {
      return context.wrong_usage(fmt::format(
          "\"{}\" is no name: lower-case letters, digits and -, at most 63 of them", name_));
    }
    const auto& where = context.shared.namespace_name;
    auto known = context.mesh.objects({"Pod", where, name_});
    if (!known && known.error().code() != Code::not_found) return std::unexpected(known.error());
    if (known && !known->empty()) {
      return fail(Code::conflict, fmt::format("pod \"{}\" already exists in namespace {}; mortise "
                                              "delete pod {} -n {} removes it",
                                              name_, where, name_, where));
    }
    client::Apply apply;
    apply.files = {{"pod " + name_, manifest_text()}};
    apply.namespace_name = where;
    apply.wait = {};
    const auto problems = problems_before_sending(context, apply);
    if (!problems.empty()) return report_problems(context, problems);

    // From here on Ctrl-C is the program's, and the workload is removed whatever happens.
    const Interrupt interrupt;
    TRY(const auto change, context.mesh.apply(std::move(apply)));
    if (!change.refused.empty()) return report_change(context, change);
    const auto status = run_inside(context, interrupt);
    const auto removed = context.mesh.remove({{}, "Pod", name_, where, "", {}});
    if (!status) return status;
    if (!removed) return std::unexpected(removed.error());
    return status;
  }

 private:
  // A pod that only holds its network and sidecar: its own program sleeps.
  [[nodiscard]] std::string manifest_text() const {
    return fmt::format(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"{0}\"\n  labels:\n    run: \"{0}\"\n"
        "spec:\n  containers:\n  - name: \"{0}\"\n    image: \"{1}\"\n"
        "    command: [\"sleep\", \"infinity\"]\n",
        name_, image_);
  }

  Result<int> run_inside(Context& context, const Interrupt& interrupt) {
    const auto& where = context.shared.namespace_name;
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(limit_);
    TRY(const int ready, wait_until_ready(context, {"Pod", where, name_}, limit, interrupt));
    if (ready != kDone) return ready;
    return context.host.exec({where, name_, "", context.program});
  }

  std::string name_;
  std::string image_ = "none";
  bool remove_ = true;
  bool interactive_ = false;
  Duration limit_ = std::chrono::seconds(30);
};

}  // namespace

std::unique_ptr<Verb> make_run() { return std::make_unique<RunVerb>(); }

}  // namespace mortise::cli
