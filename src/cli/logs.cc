#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "cli/host.h"
#include "cli/interrupt.h"
#include "cli/verbs.h"
#include "io/descriptor.h"

namespace mortise::cli {
namespace {

constexpr std::chrono::milliseconds kLookEvery(100);

class LogsVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"logs", "What a workload's program, or its sidecar, has written",
            "mortise logs -n full httpbin\nmortise logs -n full httpbin --proxy -f"};
  }
  void describe(Command& command) override {
    command.positional("WORKLOAD", workload_, Command::Presence::required,
                       "a pod, or the Deployment it belongs to");
    command.flag("--proxy", proxy_, "the sidecar's output");
    command.flag("-f,--follow", follow_, "and what comes, until Ctrl-C");
    command.takes_namespace();
  }

  Result<int> run(Context& context) override {
    TRY(const auto files, context.host.log_files(context.shared.namespace_name, workload_));
    if (proxy_ && files.sidecar.empty()) {
      return fail(Code::not_found,
                  fmt::format("{}/{} has no sidecar", context.shared.namespace_name, workload_));
    }
    const auto& path = proxy_ ? files.sidecar : files.program;
    const io::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return fail_errno("opening " + path);
    CHECK_OK(copy_rest(context, file.get(), path));
    // Following has no end of its own: Ctrl-C is its end.
    const Interrupt interrupt;
    while (follow_ && !interrupt.raised()) {
      context.host.pause(kLookEvery);
      CHECK_OK(copy_rest(context, file.get(), path));
    }
    return kDone;
  }

 private:
  static Result<void> copy_rest(const Context& context, int file, const std::string& path) {
    std::array<char, 64 * 1024> buffer{};
    for (;;) {
      const auto got = read(file, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno("reading " + path);
      if (got == 0) return {};
      context.terminal.out({buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  std::string workload_;
  bool proxy_ = false;
  bool follow_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_logs() { return std::make_unique<LogsVerb>(); }

}  // namespace mortise::cli
