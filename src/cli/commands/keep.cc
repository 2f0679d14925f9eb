#include "cli/commands/verbs.h"
#include "cli/host.h"

namespace mortise::cli {
namespace {

class KeepVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"keep", "Holds the namespaces of a rootless mesh; `up` starts it, `down` ends it",
            "mortise keep --data-dir ~/.local/state/mortise", true};
  }
  void describe(Command&) override {}
  Result<int> run(Context&) override { runtime::keep_namespaces(); }
};

}  // namespace

std::unique_ptr<Verb> make_keep() { return std::make_unique<KeepVerb>(); }

}  // namespace mortise::cli
