// manifest/ignored.h — the one list of Kubernetes fields that are accepted without effect here: on
// one host they have no meaning, or not yet. Each is noted once.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mortise::manifest {

enum class Place : std::uint8_t {
  service_account,
  service,
  service_port,
  deployment,
  job,
  pod,
  container,
  container_port,
  security_context,
  legacy_policy,
  legacy_peer,
  traffic_policy,
  client_tls,
};

std::span<const std::string_view> ignored_fields(Place place);

// What a server adds to metadata: accepted without a word, and not kept.
std::span<const std::string_view> server_metadata();

}  // namespace mortise::manifest
