#include "bench/load/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace mortise::bench {

namespace {

void describe(CLI::App& app, Options& options) {
  app.add_option("--to", options.to, "HOST:PORT")->required();
  app.add_option("--host", options.host, "Host header");
  app.add_option("--path", options.path);
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 100'000));
  app.add_option("--rate", options.rate, "requests per second; 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_flag("--per-request", options.per_request, "a connection for each request");
  app.add_flag("--hold", options.hold, "one request on each connection, then idle");
  app.add_flag("--until-accepted", options.until_accepted, "one request, tried until answered");
  app.add_option("--expect-status", options.expect_status);
  app.add_option("--expect-bytes", options.expect_bytes);
  app.add_flag("--tls", options.tls);
  app.add_option("--cert", options.files.certificate);
  app.add_option("--key", options.files.key);
  app.add_option("--ca", options.files.authority);
  app.add_option("--alpn", options.files.alpn)->delimiter(',');
  app.add_option("--expect-tls", options.expect_tls);
}

std::expected<Options, std::string> checked(Options options) {
  if (options.host.empty()) options.host = options.to;
  if (options.tls && options.files.authority.empty())
    return std::unexpected("--tls needs --ca: whom to trust");
  if (options.files.certificate.empty() != options.files.key.empty())
    return std::unexpected("--cert and --key belong together");
  if (options.hold && (options.per_request || options.until_accepted))
    return std::unexpected("--hold keeps connections, the other forms close them");
  return options;
}

}  // namespace

std::expected<Options, std::string> parse_options(std::vector<std::string> arguments) {
  Options options;
  CLI::App app("An HTTP/1.1 load generator that measures from the intended time.", "mortise-load");
  describe(app, options);
  std::ranges::reverse(arguments);  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(app.help());
  } catch (const CLI::ParseError& problem) {
    return std::unexpected(std::string(problem.what()));
  }
  return checked(std::move(options));
}

std::string request_text(const Options& options) {
  return fmt::format(
      "GET {} HTTP/1.1\r\n"
      "Host: {}\r\n"
      "User-Agent: mortise-load/1\r\n"
      "Accept: application/json, text/plain;q=0.9, */*;q=0.8\r\n"
      "Accept-Encoding: identity\r\n"
      "Accept-Language: en-GB,en;q=0.7\r\n"
      "Cookie: session=6c1f0f3e9d0b4a4d8a7d; theme=dark\r\n"
      "X-Request-Id: 5d2c1a52-5c0e-4f31-9b0a-3f2f0d6f9b11\r\n"
      "{}\r\n\r\n",
      options.path, options.host,
      options.per_request ? "Connection: close" : "Cache-Control: no-cache");
}

}  // namespace mortise::bench
