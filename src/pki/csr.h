// pki/csr.h — certificate signing requests, and signing them. The CA takes the public key from
// the request and the identity from the authenticated caller, never the other way round (I-22).
#pragma once

#include "pki/certificate.h"
#include "pki/key.h"
#include "pki/spiffe_id.h"

namespace mortise::pki {

// DER of a request for `id`, signed with `key`.
Result<std::string> make_csr(const PrivateKey& key, const SpiffeId& id);

// Whatever holds the CA's key: a file today; a process or a cluster secret later.
class Signer {
 public:
  virtual ~Signer() = default;
  struct Order {
    std::string csr_der;
    SpiffeId identity;  // of the authenticated caller
    WallTime not_before;
    WallTime not_after;  // clamped to the issuer's own end
  };
  virtual Result<Certificate> sign(const Order& order) = 0;
  [[nodiscard]] virtual const Certificate& issuer() const = 0;
};

// A self-signed root for `trust_domain` and its key.
struct Root {
  Certificate certificate;
  std::shared_ptr<const PrivateKey> key;
};
Result<Root> make_root(const std::string& trust_domain, WallTime not_before, WallTime not_after);

std::unique_ptr<Signer> make_signer(Root root);

// When to renew: half the lifetime before the end, spread by up to one percent (I-24).
// `jitter` is uniform in [-1, 1].
WallTime renewal_time(const Certificate& leaf, double jitter);

}  // namespace mortise::pki
