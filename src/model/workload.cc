#include "model/workload.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace mortise::model {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Ports on which the server usually speaks first, so that sniffing would wait for nothing (S-52).
bool server_speaks_first(std::uint16_t port) {
  return port == 25 || port == 53 || port == 3306 || port == 27017;
}

}  // namespace

std::optional<Protocol> protocol_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Protocol>, 12> kNames = {{
      {"tcp", Protocol::tcp},
      {"udp", Protocol::tcp},  // a name only: UDP ports never get here
      {"mongo", Protocol::tcp},
      {"redis", Protocol::tcp},
      {"mysql", Protocol::tcp},
      {"http", Protocol::http},
      {"http_proxy", Protocol::http},
      {"grpc-web", Protocol::http},
      {"http2", Protocol::http2},
      {"grpc", Protocol::grpc},
      {"https", Protocol::tls},
      {"tls", Protocol::tls},
  }};
  const auto wanted = lower(name);
  const auto* const found =
      std::ranges::find(kNames, wanted, &std::pair<std::string_view, Protocol>::first);
  if (found == kNames.end()) return std::nullopt;
  return found->second;
}

Protocol protocol_of(const std::string& port_name, std::uint16_t port) {
  const auto name = lower(port_name);
  // The only name with a '-' of its own.
  if (name == "grpc-web" || name.starts_with("grpc-web-")) return Protocol::http;
  if (const auto named = protocol_named(name.substr(0, name.find('-')))) return *named;
  return server_speaks_first(port) ? Protocol::tcp : Protocol::automatic;
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::automatic:
      return "auto";
    case Protocol::tcp:
      return "tcp";
    case Protocol::http:
      return "http";
    case Protocol::http2:
      return "http2";
    case Protocol::grpc:
      return "grpc";
    case Protocol::tls:
      return "tls";
  }
  return "?";
}

bool is_http(Protocol protocol) {
  return protocol == Protocol::http || protocol == Protocol::http2 || protocol == Protocol::grpc;
}

std::string host_of(const Service& service, const std::string& cluster_domain) {
  const auto& ref = service.meta.ref;
  return ref.name + "." + ref.namespace_name + ".svc." + cluster_domain;
}

std::optional<std::uint16_t> target_port(const ServicePort& port, const Workload& workload) {
  if (const auto* const number = std::get_if<std::uint16_t>(&port.target)) return *number;
  const auto& name = std::get<std::string>(port.target);
  const auto found = std::ranges::find(workload.ports, name, &ContainerPort::name);
  if (found == workload.ports.end()) return std::nullopt;
  return found->port;
}

}  // namespace mortise::model
