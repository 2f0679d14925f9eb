#include "cli/verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/host.h"

namespace mortise::cli {
namespace {

// What to type next, where the reason for a failure is one of the usual ones.
std::string hint_for(const Error& error) {
  const bool refused = error.what().find("Permission denied") != std::string::npos;
  const bool says_so = error.what().find("sudo") != std::string::npos;
  if ((refused || error.code() == Code::denied) && geteuid() != 0 && !says_so) {
    return "this needs root: try again with sudo";
  }
  return "";
}

}  // namespace

Error Context::unless_running(const Error& error) const {
  if (error.code() != Code::not_found || host.running()) return error;
  return {Code::unavailable,
          fmt::format("no mesh is running in {}; mortise up starts one", shared.data_dir)};
}

int Context::wrong_usage(const std::string& text) const {
  say("error: " + text);
  return kWrongUsage;
}

int Context::failed(const Error& error) const {
  say("error: " + error.what());
  if (const auto hint = hint_for(error); !hint.empty()) say("hint: " + hint);
  return kFailed;
}

}  // namespace mortise::cli
