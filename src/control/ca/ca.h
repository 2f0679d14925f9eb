// control/ca/ca.h — the mesh's certificate authority: its root in a directory of its own, and
// certificates for workloads that somebody else has authenticated (semantics I-22, I-23).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "pki/csr.h"

namespace mortise::control::ca {

// The root of `directory`, made there (10 years, the directory 0700, the key 0600) if the
// directory does not exist. A directory without key or certificate, or with a key that others
// can read, is an Error: a new root would cut off every workload that trusts the old one.
Result<pki::Root> open_root(const std::string& directory, const std::string& trust_domain,
                            WallTime now);

class Ca {
 public:
  static constexpr std::chrono::hours kLongestLife{24 * 90};  // semantics I-23

  Ca(std::unique_ptr<pki::Signer> signer, const Clock& clock)
      : signer_(std::move(signer)), clock_(clock) {}

  // For the authenticated caller, whatever the request asks to be named. Valid from two minutes
  // ago, so that a clock slightly behind does not refuse it.
  Result<pki::Certificate> sign(std::string csr_der, const pki::SpiffeId& caller,
                                std::chrono::seconds life);
  [[nodiscard]] const pki::Certificate& root() const { return signer_->issuer(); }

 private:
  std::unique_ptr<pki::Signer> signer_;
  const Clock& clock_;
};

}  // namespace mortise::control::ca
