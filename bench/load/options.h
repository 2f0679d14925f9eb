// bench/load/options.h — what mortise-load is asked to do.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/channel.h"

namespace mortise::bench {

struct Options {
  std::string to;    // HOST:PORT
  std::string host;  // Host header; `to` without one
  std::string path = "/";
  std::size_t connections = 16;
  double rate = 0;  // requests per second, each with an intended time; 0: closed loop
  double seconds = 1;
  bool per_request = false;     // a connection of its own for each request
  bool hold = false;            // open, one request on each, then idle until standard input ends
  bool until_accepted = false;  // one request, tried again until it is answered
  int expect_status = 200;
  std::size_t expect_bytes = 1024;
  bool tls = false;
  TlsFiles files;
  std::string expect_tls;  // as Channel::tls_facts() says it; empty: anything
};

// `arguments` without the program's name; the error is a sentence, or the help text.
std::expected<Options, std::string> parse_options(std::vector<std::string> arguments);

// One request with 8 header fields.
std::string request_text(const Options& options);

}  // namespace mortise::bench
