#include "cli/commands/verbs.h"

namespace mortise::cli {
namespace {

class ControlVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"control", "The control plane in the foreground, until SIGTERM",
            "mortise control --data-dir /var/lib/mortise"};
  }
  void describe(Command&) override {}
  Result<int> run(Context& context) override {
    CHECK_OK(context.programs.control(context.shared.data_dir));
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> make_control() { return std::make_unique<ControlVerb>(); }

}  // namespace mortise::cli
