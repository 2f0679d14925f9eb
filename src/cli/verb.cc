#include "cli/verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/host.h"

namespace mortise::cli {
namespace {

// What to type next, where the reason for a failure is one of the usual ones.
std::string hint_for(const Error& error, const Context& context) {
  if (error.code() == Code::unavailable && !context.host.running()) {
    return fmt::format(
        "no mesh is running in {}; sudo mortise up starts one, --data-dir names "
        "another",
        context.shared.data_dir);
  }
  if (error.code() == Code::denied && geteuid() != 0) {
    return "this mesh belongs to another user; try again with sudo";
  }
  return "";
}

}  // namespace

int Context::wrong_usage(const std::string& text) const {
  say("error: " + text);
  return kWrongUsage;
}

int Context::failed(const Error& error) const {
  say("error: " + error.what());
  if (const auto hint = hint_for(error, *this); !hint.empty()) say("hint: " + hint);
  return kFailed;
}

}  // namespace mortise::cli
