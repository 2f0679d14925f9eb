// runtime/net/rules.h — the nftables text of a workload's network namespace. Pure. Capture follows
// docs/spec/semantics.md J-20..J-27; services balance callers that no sidecar serves.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"

namespace mortise::runtime {

inline constexpr std::uint16_t kOutboundPort = 15001;
inline constexpr std::uint16_t kInboundPort = 15006;
inline constexpr const char* kServiceRange = "198.19.0.0/16";
inline constexpr const char* kMeshRanges = "198.18.0.0/15";  // workloads and services

struct ServiceRoute {
  SocketAddress address;
  std::vector<SocketAddress> endpoints;  // empty: connections are refused
  friend bool operator==(const ServiceRoute&, const ServiceRoute&) = default;
};

// Redirects TCP to the sidecar, except the sidecar's own. Replaces what was there before.
// `sidecar_uid` absent: nothing is captured. IPv6 is dropped in either case.
std::string capture_rules(const IpAddress& own_address, std::optional<std::uint32_t> sidecar_uid);

// Service addresses to endpoints, in a table of its own that can change while connections last.
std::string service_rules(std::span<const ServiceRoute> routes);

}  // namespace mortise::runtime
