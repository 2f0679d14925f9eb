// demo/server.h — runs the small httpbin on a port until SIGTERM or SIGINT.
#pragma once

#include "http/server.h"

namespace mortise::demo {

struct Options {
  SocketAddress listen{IpAddress(), 80};
};

// `arguments` without the program's name: httpbin [--host ADDRESS] [--port N].
Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string usage();

Result<void> run(const Options& options);

}  // namespace mortise::demo
