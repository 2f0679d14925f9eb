#include <fmt/format.h>

#include "cli/bring_up.h"
#include "cli/commands/verbs.h"
#include "cli/duration.h"
#include "cli/files.h"
#include "cli/host.h"
#include "cli/watch.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

class UpVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"up", "Start a mesh on this machine: control plane, workloads and their sidecars",
            "sudo mortise up -f deploy/lab/\n"
            "sudo mortise up -f shop.yaml --set global.mtls.auto=false --detach\n"
            "sudo mortise up -f web.yaml --image nginx='nginx -g \"daemon off;\"'"};
  }
  void describe(Command& command) override {
    command.repeated("-f,--filename", files_, "FILE",
                     "a file, a folder or - for standard input; repeat");
    command.repeated("--set", settings_, "KEY=VALUE",
                     "global.mtls.auto, global.mtls.enabled, global.trustDomain, "
                     "pki.workloadTTL");
    command.repeated("--image", images_, "NAME=COMMAND", "the host program for a container image");
    command.flag("-d,--detach", detach_, "return when every workload is ready");
    command.duration("--timeout", limit_, "how long that may take; default: 60s");
  }
  [[nodiscard]] runtime::HostSide host_side() const override { return runtime::HostSide::start; }

  Result<int> run(Context& context) override {
    BringUp what;
    what.limit = std::chrono::duration_cast<std::chrono::milliseconds>(limit_);
    auto settings = parse_settings(settings_);
    if (!settings) return context.wrong_usage(settings.error().what());
    auto images = parse_images(images_);
    if (!images) return context.wrong_usage(images.error().what());
    TRY(what.files, read_files(files_));
    what.settings = std::move(*settings);
    what.images = std::move(*images);

    const Interrupt interrupt;
    const bool ran_before = context.host.running();
    const auto brought = bring_up(context, what, interrupt);
    if (interrupt.raised() && !ran_before) return take_down(context, kFailed);
    if (!brought) return std::unexpected(brought.error());
    if (detach_ || brought->exit_code == kBadInput) return brought->exit_code;
    // In the foreground a workload that is late may still come: its events say so.
    context.say("the mesh is up; Ctrl-C stops it");
    TRY(const int exit_code, watch_until_interrupted(context, interrupt));
    if (!brought->started_now) {
      context.say("it was running before and goes on; mortise down stops it");
      return exit_code;
    }
    return context.host.running() ? take_down(context, exit_code) : exit_code;
  }

 private:
  static Result<int> take_down(const Context& context, int exit_code) {
    const auto before = context.clock.now();
    CHECK_OK(context.host.down(false));
    context.say(fmt::format("stopped in {}", words_of(context.clock.now() - before)));
    return exit_code;
  }

  std::vector<std::string> files_;
  std::vector<std::string> settings_;
  std::vector<std::string> images_;
  bool detach_ = false;
  Duration limit_ = std::chrono::seconds(60);
};

}  // namespace

std::unique_ptr<Verb> make_up() { return std::make_unique<UpVerb>(); }

}  // namespace mortise::cli
