#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/commands/verbs.h"
#include "cli/host.h"
#include "cli/interrupt.h"

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
    const auto found = context.host.log_files(context.shared.namespace_name, workload_);
    if (!found) return std::unexpected(context.unless_running(found.error()));
    const auto& files = *found;
    if (proxy_ && files.sidecar.empty()) {
      return fail(Code::not_found,
                  fmt::format("{}/{} has no sidecar", context.shared.namespace_name, workload_));
    }
    const auto& path = proxy_ ? files.sidecar : files.program;
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("opening " + path);
    copy_rest(context, file);
    if (!follow_) return kDone;
    // Following has no end of its own: Ctrl-C is its end.
    const Interrupt interrupt;
    while (!interrupt.raised_within(kLookEvery)) {
      go_back_if_cut(path, file);
      copy_rest(context, file);
    }
    return kDone;
  }

 private:
  // A log that grew too long has moved aside and begins anew.
  static void go_back_if_cut(const std::string& path, std::ifstream& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    file.clear();
    if (!error && file.tellg() > static_cast<std::streamoff>(size)) file.seekg(0);
  }

  static void copy_rest(const Context& context, std::ifstream& file) {
    file.clear();  // the end of last time may not be the end any more
    std::array<char, 64 * 1024> buffer{};
    do {
      file.read(buffer.data(), buffer.size());
      context.terminal.out({buffer.data(), static_cast<std::size_t>(file.gcount())});
    } while (file.gcount() > 0);
  }

  std::string workload_;
  bool proxy_ = false;
  bool follow_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_logs() { return std::make_unique<LogsVerb>(); }

}  // namespace mortise::cli
