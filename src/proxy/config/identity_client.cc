#include "proxy/config/identity_client.h"

#include <fmt/format.h>

#include "api/identity.pb.h"
#include "pki/csr.h"
#include "proxy/config/control_call.h"

namespace mortise::proxy {
namespace {

constexpr auto kSignLimit = std::chrono::seconds(10);
// The wall clock may jump, so nobody sleeps on it for longer than this.
constexpr auto kLongestSleep = std::chrono::seconds(10);
// Between two requests for a certificate that our clock may like better.
constexpr auto kAskSoon = std::chrono::seconds(1);
constexpr auto kAskAgain = std::chrono::seconds(30);

using SignResponse = identity::v1::SignResponse;

Result<std::vector<pki::Certificate>> decode_certificates(const auto& from) {
  std::vector<pki::Certificate> certificates;
  for (const auto& der : from) {
    TRY(auto certificate, pki::Certificate::from_der(der));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

Result<pki::Credentials> decode(const SignResponse& from,
                                std::shared_ptr<const pki::PrivateKey> key) {
  pki::Credentials credentials;
  credentials.key = std::move(key);
  TRY(credentials.leaf, pki::Certificate::from_der(from.leaf_der()));
  if (credentials.leaf.uris() != std::vector<std::string>{from.identity()}) {
    return fail(Code::invalid, "the certificate does not name the identity " + from.identity());
  }
  TRY(credentials.intermediates, decode_certificates(from.intermediates_der()));
  TRY(credentials.trust.roots, decode_certificates(from.roots_der()));
  TRY(const auto id, pki::SpiffeId::parse(from.identity()));
  credentials.trust.trust_domain = id.trust_domain;
  return credentials;
}

}  // namespace

io::Task<void> IdentityClient::run() {
  for (;;) {
    if (auto obtained = co_await obtain(); !obtained) {
      const auto wait = backoff_.next(parts_.loop.random());
      parts_.log.warning(fmt::format("certificate: {}; next attempt in {} ms",
                                     obtained.error().what(), wait / std::chrono::milliseconds(1)));
      co_await parts_.loop.sleep_for(wait);
      continue;
    }
    backoff_.succeeded();
    if (!trouble().empty()) {
      co_await wait_for_the_clock();
      continue;
    }
    parts_.log.info("certificate for " + id_ + " is in force");
    co_await sleep_until_renewal();
  }
}

io::Task<Result<void>> IdentityClient::obtain() {
  CO_TRY(auto key, pki::PrivateKey::generate());
  // What the request asks to be named is ignored; it only has to be well-formed (I-22).
  const auto slash = parts_.workload.find('/');
  const pki::SpiffeId asked{"cluster.local", parts_.workload.substr(0, slash), "default"};
  identity::v1::SignRequest request;
  CO_TRY(*request.mutable_csr_der(), pki::make_csr(*key, asked));
  CO_TRY(const auto bytes, co_await call_control(parts_.loop, parts_.network, parts_.socket,
                                                 "/mortise.identity.v1.Identity/Sign",
                                                 request.SerializeAsString(), kSignLimit));
  SignResponse response;
  if (!response.ParseFromString(bytes)) co_return fail(Code::invalid, "not a SignResponse");
  CO_TRY(auto credentials, decode(response, std::move(key)));
  co_return co_await publish(std::move(credentials), trust_);
}

io::Task<Result<void>> IdentityClient::use_trust(TrustRoots trust) {
  if (trust == trust_) co_return Result<void>();
  if (!credentials_) {
    trust_ = std::move(trust);
    co_return Result<void>();
  }
  co_return co_await publish(*credentials_, std::move(trust));
}

// Makes the new identity and keeps the old one where that fails.
io::Task<Result<void>> IdentityClient::publish(pki::Credentials credentials, TrustRoots trust) {
  auto identity = std::make_shared<Identity>();
  identity->accepted_trust_domains = {credentials.trust.trust_domain};
  if (!trust.roots_der.empty()) {
    CO_TRY(credentials.trust.roots, decode_certificates(trust.roots_der));
    identity->accepted_trust_domains = trust.aliases;
    identity->accepted_trust_domains.push_back(trust.trust_domain);
  }
  credentials.trust.version = epoch_ + 1;
  CO_TRY(identity->context, io::TlsContext::make(credentials));
  identity->id = credentials.leaf.uris().front();
  identity->epoch = ++epoch_;
  identity->not_after = credentials.leaf.not_after();
  id_ = identity->id;
  credentials_ = std::move(credentials);
  trust_ = std::move(trust);
  co_await parts_.handover.put_in_force(std::shared_ptr<const Identity>(std::move(identity)));
  co_return Result<void>();
}

std::string IdentityClient::trouble() const {
  if (!credentials_) return {};
  const auto now = parts_.loop.wall();
  if (now < credentials_->leaf.not_before()) return "not valid yet by its clock";
  if (now >= credentials_->leaf.not_after()) return "expired by its clock";
  return {};
}

// A new certificate that is not valid now: our clock, or the control plane's, is wrong. No peer's
// certificate is any better, so connections fail meanwhile; asking at once again would be a storm.
io::Task<void> IdentityClient::wait_for_the_clock() {
  constexpr auto kLook = std::chrono::seconds(1);
  const auto seconds = [](WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  };
  parts_.log.warning(fmt::format(
      "certificate: {} (now {}, valid from {} to {}, in seconds since 1970): set the clock",
      trouble(), seconds(parts_.loop.wall()), seconds(credentials_->leaf.not_before()),
      seconds(credentials_->leaf.not_after())));
  const auto until = parts_.loop.now() + kAskAgain;
  while (!trouble().empty() && parts_.loop.now() < until) co_await parts_.loop.sleep_for(kLook);
}

io::Task<void> IdentityClient::sleep_until_renewal() {
  const double jitter = parts_.loop.random().fraction() * 2 - 1;
  const WallTime renewal = pki::renewal_time(credentials_->leaf, jitter);
  // By a clock that runs ahead a new certificate is due at once, and so would be the next one.
  if (const auto now = parts_.loop.wall(); now >= renewal) {
    const Duration rest = (credentials_->leaf.not_after() - now) / 2;
    co_await parts_.loop.sleep_for(std::clamp<Duration>(rest, kAskSoon, kAskAgain));
  }
  for (;;) {
    const Duration left = renewal - parts_.loop.wall();
    // After a jump back of the clock the certificate may belong to the future.
    if (left <= Duration::zero() || !trouble().empty()) co_return;
    co_await parts_.loop.sleep_for(std::min<Duration>(left, kLongestSleep));
  }
}

std::int64_t IdentityClient::not_after_seconds() const {
  if (!credentials_) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(
             credentials_->leaf.not_after().time_since_epoch())
      .count();
}

}  // namespace mortise::proxy
