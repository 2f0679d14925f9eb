// Certificates, signing requests and identities from strangers. The first byte chooses which.
#include <openssl/err.h>

#include <string>
#include <tuple>

#include "base/check.h"
#include "pki/csr.h"

namespace {

using namespace std::chrono_literals;
using mortise::WallTime;
using mortise::pki::Certificate;
using mortise::pki::SpiffeId;

void fuzz_certificate(const std::string& bytes) {
  const auto certificate = Certificate::from_der(bytes);
  if (!certificate) return;
  MORTISE_CHECK(certificate->der() == bytes);
  const auto again = Certificate::from_pem(certificate->to_pem());
  MORTISE_CHECK(again && again->der() == bytes && again->uris() == certificate->uris());
  for (const auto& uri : certificate->uris()) {
    MORTISE_CHECK(uri.find('\0') == std::string::npos);
    if (const auto id = SpiffeId::parse(uri)) MORTISE_CHECK(id->uri() == uri);
  }
  renewal_time(*certificate, 1);
}

void fuzz_request(const std::string& bytes) {
  const WallTime begin{1795262400s};
  static const auto root = mortise::pki::make_root("cluster.local", begin, begin + 24h);
  MORTISE_CHECK(root.has_value());
  static const auto signer = mortise::pki::make_signer(*root);
  const SpiffeId caller{"cluster.local", "full", "httpbin"};
  const auto leaf = signer->sign(
      {.csr_der = bytes, .identity = caller, .not_before = begin, .not_after = begin + 48h});
  if (!leaf) return;
  MORTISE_CHECK(leaf->uris() == std::vector<std::string>{caller.uri()});
  MORTISE_CHECK(leaf->not_after() == begin + 24h);
}

void fuzz_identity(const std::string& bytes) {
  const auto id = SpiffeId::parse(bytes);
  if (id) MORTISE_CHECK(id->uri() == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(input) + 1, size - 1);
  switch (input[0]) {
    case 'd':
      fuzz_certificate(bytes);
      break;
    case 'p':
      std::ignore = Certificate::from_pem(bytes);
      break;
    case 'r':
      fuzz_request(bytes);
      break;
    case 'i':
      fuzz_identity(bytes);
      break;
    default:
      return -1;  // not worth keeping in a corpus
  }
  MORTISE_CHECK(ERR_peek_error() == 0);
  return 0;
}
