// control/ca/authority.h — the mesh's certificate authority: a root made at the first start, kept
// in the data directory, and leaves for callers whose identity was established beforehand.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "pki/csr.h"

namespace mortise::control::ca {

class Authority {
 public:
  struct Options {
    std::string directory;      // holds root-key.pem (0600) and root-cert.pem; made 0700
    std::string trust_domain;
    Duration leaf_lifetime = std::chrono::hours(24);  // pki.workloadTTL; at most kLongestLeaf
  };
  static constexpr Duration kLongestLeaf = std::chrono::hours(24 * 90);  // semantics I-23
  static constexpr Duration kRootLifetime = std::chrono::hours(24 * 3650);  // I-27
  static constexpr Duration kBackdate = std::chrono::minutes(2);  // I-23: clocks differ

  // Reads the root, or makes it when the directory has none. Refuses a key that others can read,
  // a key without its certificate, and a root of another trust domain.
  static Result<std::unique_ptr<Authority>> open(Options options, const Clock& clock);

  // A leaf for `caller`, who was authenticated; what the request asks to be named is ignored.
  Result<pki::Certificate> issue(const std::string& csr_der, const pki::SpiffeId& caller);

  [[nodiscard]] const pki::Certificate& root() const { return signer_->issuer(); }
  [[nodiscard]] const std::string& trust_domain() const { return options_.trust_domain; }

 private:
  Authority(Options options, const Clock& clock, std::unique_ptr<pki::Signer> signer)
      : options_(std::move(options)), clock_(clock), signer_(std::move(signer)) {}

  Options options_;
  const Clock& clock_;
  std::unique_ptr<pki::Signer> signer_;
};

}  // namespace mortise::control::ca
