// proxy/limits.h — how much memory and patience one sidecar spends, in one place. Tests shorten
// what they want to see end.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"
#include "wire/http1.h"

namespace mortise::proxy {

inline constexpr std::size_t kChunk = 16 * 1024;

struct Limits {
  // Accepted and alive. Strangers that fill the one do not keep the application from calling.
  std::size_t inbound_connections = 10000;
  std::size_t outbound_connections = 10000;
  wire::http1::Limits head;
  std::size_t hello_bytes = 64 * 1024;  // S-7
  std::size_t idle_legs = 64;           // per target; the oldest go first
  std::size_t edges = 2000;             // telemetry
  std::size_t destinations = 4096;      // resolved and remembered
  std::size_t lookups = 4096;           // addresses asked for on demand

  Duration connect = std::chrono::seconds(5);
  Duration handshake = std::chrono::seconds(10);
  Duration startup = std::chrono::seconds(20);  // for the first certificate and configuration
  Duration lookup = std::chrono::seconds(5);
  Duration head_time = std::chrono::seconds(30);  // from a head's first byte to its last
  Duration http_idle = std::chrono::hours(1);     // between requests
  // For the first byte of a peer from whom something must come: far shorter than between requests,
  // so that silence is no cheap way to use up all connections.
  Duration first_byte = std::chrono::seconds(30);
  Duration linger = std::chrono::seconds(2);     // for a client to read its last answer
  Duration late_body = std::chrono::seconds(5);  // for a body that its answer overtook
  Duration drain = std::chrono::seconds(30);     // for what a new policy contradicts
  // A leg is dropped before the far side would, so that no request meets its end: applications keep
  // theirs often for two seconds only, sidecars for http_idle, but one that hands over ends what is
  // idle after its grace (30 s, where nobody asks for less).
  Duration idle_mutual_leg = std::chrono::seconds(20);
  Duration idle_plain_leg = std::chrono::seconds(1);
  // Outbound: how long a client may stay silent before its server is let speak first (K-26).
  Duration first_words = std::chrono::milliseconds(50);
  // How long a first line of text may take before it is relayed as bytes (and guarded).
  Duration first_line = std::chrono::milliseconds(250);
  // Inbound: how long an application's first bytes are held while the peer may still begin TLS.
  Duration hold_for_unknown = std::chrono::milliseconds(10);
  Duration hold_for_workload = std::chrono::seconds(1);
};

}  // namespace mortise::proxy
