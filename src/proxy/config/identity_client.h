// proxy/config/identity_client.h — the sidecar's certificate: key made here and kept in memory,
// signed by the control plane, renewed near half life (semantics I-22 to I-26).
#pragma once

#include "base/log.h"
#include "io/network.h"
#include "pki/credentials.h"
#include "proxy/config/backoff.h"
#include "proxy/config/handover.h"

namespace mortise::proxy {

class IdentityClient {
 public:
  struct Parts {
    io::Loop& loop;  // control
    io::Network& network;
    Log& log;
    Handover& handover;
    std::string socket;
    std::string workload;  // NS/NAME
  };
  explicit IdentityClient(Parts parts) : parts_(std::move(parts)) {}

  // Gets the first certificate and renews it, for the life of the process. While it cannot be
  // renewed, the old one is used until it ends (I-25).
  io::Task<void> run();
  // Another trust bundle: in force for new connections when this returns.
  io::Task<Result<void>> use_trust(TrustRoots trust);

  // Why the certificate is of no use by our clock; empty: it is, or there is none.
  [[nodiscard]] std::string trouble() const;
  // 0: no certificate yet.
  [[nodiscard]] std::int64_t not_after_seconds() const;
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  io::Task<Result<void>> obtain();
  io::Task<Result<void>> publish(pki::Credentials credentials, TrustRoots trust);
  io::Task<void> sleep_until_renewal();
  io::Task<void> wait_for_the_clock();

  Parts parts_;
  Backoff backoff_{std::chrono::milliseconds(100), std::chrono::seconds(30)};
  std::optional<pki::Credentials> credentials_;
  TrustRoots
      trust_;  // empty before the control plane told one: the roots given with the leaf count
  std::string id_;
  std::uint64_t epoch_ = 0;
};

}  // namespace mortise::proxy
