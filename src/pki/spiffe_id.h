// pki/spiffe_id.h — spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT (semantics I-1, I-2).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise::pki {

struct SpiffeId {
  std::string trust_domain;
  std::string namespace_name;
  std::string service_account;

  static Result<SpiffeId> parse(std::string_view uri);
  [[nodiscard]] std::string uri() const;
  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
};

// '@' in a configured trust domain is written as '.' (I-2).
std::string canonical_trust_domain(std::string_view configured);

}  // namespace mortise::pki
