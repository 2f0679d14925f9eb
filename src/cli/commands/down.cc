#include <fmt/format.h>

#include "cli/commands/verbs.h"
#include "cli/duration.h"
#include "cli/host.h"

namespace mortise::cli {
namespace {

class DownVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"down", "Stop everything and leave nothing behind; safe to repeat",
            "sudo mortise down\nsudo mortise down --purge"};
  }
  void describe(Command& command) override {
    command.flag("--purge", purge_, "also delete the data directory: objects, logs, CA key");
  }
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::stop; }

  Result<int> run(Context& context) override {
    const auto before = context.clock.now();
    TRY(const auto report, context.host.down(purge_));
    context.say(fmt::format("stopped {} processes, removed {} network namespaces{} in {}",
                            report.processes, report.namespaces,
                            report.purged ? " and " + context.shared.data_dir : "",
                            words_of(context.clock.now() - before)));
    return kDone;
  }

 private:
  bool purge_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_down() { return std::make_unique<DownVerb>(); }

}  // namespace mortise::cli
