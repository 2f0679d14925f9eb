// pki/credentials.h — what one identity holds: its key, its certificate and whom it trusts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pki/certificate.h"
#include "pki/key.h"

namespace mortise::pki {

// Several roots at once, so that they can be exchanged without an outage. `version` changes
// whenever the set does.
struct TrustBundle {
  std::string trust_domain;
  std::vector<Certificate> roots;
  std::uint64_t version = 0;
};

struct Credentials {
  std::shared_ptr<const PrivateKey> key;
  Certificate leaf;
  std::vector<Certificate> intermediates;
  TrustBundle trust;
};

}  // namespace mortise::pki
