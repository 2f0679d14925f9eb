#include "cli/commands/verbs.h"
#include "cli/host.h"

namespace mortise::cli {
namespace {

class SuperviseVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"supervise", "The supervisor of one host in the foreground; `up` starts it",
            "mortise supervise --data-dir /var/lib/mortise", true};
  }
  void describe(Command&) override {}
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::start; }
  Result<int> run(Context& context) override {
    CHECK_OK(context.host.supervise());
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> make_supervise() { return std::make_unique<SuperviseVerb>(); }

}  // namespace mortise::cli
