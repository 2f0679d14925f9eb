// `mortise-proxy`: the sidecar of one workload. The supervisor starts it; people do not.
#include <charconv>
#include <cstdio>
#include <map>
#include <string>

#include "proxy/run.h"

namespace {

using mortise::Code;
using mortise::fail;
using mortise::Result;

constexpr int kWrongUsage = 64;
constexpr const char* kUsage =
    "usage: mortise-proxy --workload NS/NAME --address IP --control-socket PATH\n"
    "         [--outbound-fd 3] [--inbound-fd 4] [--admin-socket PATH]\n"
    "         [--announce-fd N] [--log-level debug|info|warning|error]\n"
    "`mortise up` starts one for each workload that has a sidecar.\n";

Result<int> descriptor(const std::string& text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return fail(Code::invalid, "\"" + text + "\" is not a file descriptor");
  }
  return number;
}

Result<mortise::Level> level(const std::string& text) {
  static const std::map<std::string, mortise::Level> kLevels = {
      {"debug", mortise::Level::debug},
      {"info", mortise::Level::info},
      {"warning", mortise::Level::warning},
      {"error", mortise::Level::error}};
  const auto known = kLevels.find(text);
  if (known == kLevels.end()) return fail(Code::invalid, "\"" + text + "\" is not a log level");
  return known->second;
}

Result<void> take(mortise::proxy::Options& options, const std::string& name,
                  const std::string& value) {
  if (name == "--workload") {
    options.workload = value;
  } else if (name == "--address") {
    TRY(options.address, mortise::IpAddress::parse(value));
  } else if (name == "--control-socket") {
    options.control_socket = value;
  } else if (name == "--outbound-fd") {
    TRY(options.outbound_fd, descriptor(value));
  } else if (name == "--inbound-fd") {
    TRY(options.inbound_fd, descriptor(value));
  } else if (name == "--announce-fd") {
    TRY(options.announce_fd, descriptor(value));
  } else if (name == "--admin-socket") {
    options.admin_socket = value;
  } else if (name == "--log-level") {
    TRY(options.log_level, level(value));
  } else {
    return fail(Code::invalid, "there is no option \"" + name + "\"");
  }
  return {};
}

Result<mortise::proxy::Options> parse(int argc, char** argv) {
  mortise::proxy::Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return fail(Code::invalid, std::string(argv[i]) + " needs a value");
    CHECK_OK(take(options, argv[i], argv[i + 1]));
  }
  if (options.workload.find('/') == std::string::npos || options.control_socket.empty()) {
    return fail(Code::invalid, "--workload NS/NAME and --control-socket are needed");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    std::fprintf(stderr, "error: %s\n%s", options.error().what().c_str(), kUsage);
    return kWrongUsage;
  }
  if (const auto served = mortise::proxy::run(*options); !served) {
    std::fprintf(stderr, "error: %s\n", served.error().what().c_str());
    return 1;
  }
  return 0;
}
