#include "control/ca/authority.h"

#include <unistd.h>

#include <algorithm>

#include "control/ca/key_files.h"

namespace mortise::control::ca {
namespace {

struct Paths {
  explicit Paths(const std::string& directory)
      : key(directory + "/root-key.pem"), certificate(directory + "/root-cert.pem") {}
  std::string key;
  std::string certificate;
};

Result<pki::Root> make_and_keep_root(const Paths& paths, const std::string& trust_domain,
                                     WallTime now) {
  TRY(auto root, pki::make_root(trust_domain, now - Authority::kBackdate,
                                now + Authority::kRootLifetime));
  TRY(const auto key, root.key->to_pem());
  // The key last: its presence says that the root is complete. A certificate alone is replaced.
  ::unlink(paths.certificate.c_str());
  CHECK_OK(create_private_file(paths.certificate, root.certificate.to_pem()));
  CHECK_OK(create_private_file(paths.key, key));
  return root;
}

Result<pki::Root> read_root(const Paths& paths, const std::string& key_pem,
                            const std::string& trust_domain) {
  CHECK_OK(require_private(paths.key));
  TRY(auto key, pki::PrivateKey::from_pem(key_pem));
  TRY(const auto pem, read_file(paths.certificate));
  if (!pem) {
    return fail(Code::not_found, paths.certificate + " is missing beside its key: restore it from "
                                     "a backup, or remove the key to begin a new mesh identity");
  }
  TRY(auto certificate, pki::Certificate::from_pem(*pem));
  const auto expected = "spiffe://" + trust_domain;
  if (std::ranges::find(certificate.uris(), expected) == certificate.uris().end()) {
    return fail(Code::conflict, paths.certificate + " is not the root of trust domain " +
                                    trust_domain + ": a mesh keeps its trust domain for life");
  }
  return pki::Root{std::move(certificate), std::move(key)};
}

}  // namespace

Result<std::unique_ptr<Authority>> Authority::open(Options options, const Clock& clock) {
  if (options.leaf_lifetime <= Duration::zero() || options.leaf_lifetime > kLongestLeaf) {
    return fail(Code::invalid, "pki.workloadTTL must be more than 0 and at most 90 days");
  }
  options.trust_domain = pki::canonical_trust_domain(options.trust_domain);
  CHECK_OK(make_private_directory(options.directory));
  const Paths paths(options.directory);
  TRY(const auto key, read_file(paths.key));
  auto root = key ? read_root(paths, *key, options.trust_domain)
                  : make_and_keep_root(paths, options.trust_domain, clock.wall());
  if (!root) return std::unexpected(root.error().during("certificate authority"));
  return std::unique_ptr<Authority>(
      new Authority(std::move(options), clock, pki::make_signer(*std::move(root))));
}

Result<pki::Certificate> Authority::issue(const std::string& csr_der,
                                          const pki::SpiffeId& caller) {
  if (caller.trust_domain != options_.trust_domain) {
    return fail(Code::denied, caller.uri() + " is not of trust domain " + options_.trust_domain);
  }
  const auto now = clock_.wall();
  return signer_->sign({csr_der, caller, now - kBackdate, now + options_.leaf_lifetime});
}

}  // namespace mortise::control::ca
