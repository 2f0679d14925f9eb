// The programs that the labs put into their workloads: a small httpbin.
#include <cstdio>

#include "demo/server.h"

int main(int argc, char** argv) {
  const auto options = mortise::demo::parse_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "error: %s\n%s", options.error().what().c_str(),
                 mortise::demo::usage().c_str());
    return 64;
  }
  if (const auto served = mortise::demo::run(*options); !served) {
    std::fprintf(stderr, "error: %s\n", served.error().what().c_str());
    return 1;
  }
  return 0;
}
