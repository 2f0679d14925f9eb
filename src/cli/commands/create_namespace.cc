#include <fmt/format.h>

#include "cli/change.h"
#include "cli/commands/verbs.h"
#include "cli/resource.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

class CreateNamespaceVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"create namespace", "Make a namespace; with --inject its workloads get sidecars",
            "mortise create namespace shop --inject\nmortise create ns legacy", false, "ns"};
  }

  void describe(Command& command) override {
    command.positional("NAME", name_, Command::Presence::required, "the new namespace");
    command.flag("--inject", inject_, "label it istio-injection: enabled");
  }

  Result<int> run(Context& context) override {
    if (!is_object_name(name_)) {
      return context.wrong_usage(fmt::format(
          "\"{}\" is no name: lower-case letters, digits and -, at most 63 of them", name_));
    }
    const auto known = context.mesh.objects({"Namespace", {}, name_});
    if (!known && known.error().code() != Code::not_found) return std::unexpected(known.error());
    if (known && !known->empty()) {
      return fail(Code::conflict, fmt::format("namespace \"{}\" already exists", name_));
    }
    std::string text = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: \"" + name_ + "\"\n";
    if (inject_) text += "  labels:\n    istio-injection: enabled\n";
    client::Apply what;
    what.files = {{"namespace " + name_, text}};
    what.wait = {};
    TRY(const auto change, context.mesh.apply(std::move(what)));
    return report_change(context, change);
  }

 private:
  std::string name_;
  bool inject_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_create_namespace() { return std::make_unique<CreateNamespaceVerb>(); }

}  // namespace mortise::cli
