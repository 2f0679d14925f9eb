// proxy/config/identity.h — who this sidecar is, as one traffic loop uses it: replaced as a whole
// when the certificate or the trust bundle changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "io/tls.h"

namespace mortise::proxy {

struct Identity {
  std::string id;                                 // SPIFFE
  std::shared_ptr<const io::TlsContext> context;  // of one worker
  // Grows with every replacement: a leg made under another one is not reused (invariant 3).
  std::uint64_t epoch = 0;
  WallTime not_after;
  std::vector<std::string> accepted_trust_domains;  // K-8, I-5
};

}  // namespace mortise::proxy
