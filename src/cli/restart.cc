#include "cli/restart.h"

#include <fmt/format.h>

#include "cli/duration.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

// What to type next, behind the reason.
Error failed_at(const std::string& key, const Error& reason, std::size_t not_tried) {
  const auto slash = key.find('/');
  auto text = fmt::format("{}: {}", key, reason.what());
  if (reason.code() == Code::unavailable) {
    text += fmt::format("; mortise logs -n {} {} --proxy shows more", key.substr(0, slash),
                        key.substr(slash + 1));
  }
  if (not_tried > 0) {
    text +=
        fmt::format("; {} more sidecar{} left as they are", not_tried, not_tried == 1 ? "" : "s");
  }
  return {reason.code(), text};
}

}  // namespace

Result<void> restart_sidecars(const Context& context, const std::vector<std::string>& keys,
                              RestartTimes times, const Interrupt& interrupt) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (interrupt.raised()) {
      return fail(Code::unavailable,
                  fmt::format("interrupted; {} of {} sidecars restarted", i, keys.size()));
    }
    const auto& key = keys[i];
    const auto slash = key.find('/');
    const auto began = context.clock.now();
    const auto done = context.mesh.restart_sidecar(
        {key.substr(0, slash), key.substr(slash + 1), times.grace, times.limit});
    if (!done) return std::unexpected(failed_at(key, done.error(), keys.size() - i - 1));
    context.say(fmt::format("{:<52} {:>8}", "restarted the sidecar of " + key,
                            words_of(context.clock.now() - began)));
  }
  return {};
}

}  // namespace mortise::cli
