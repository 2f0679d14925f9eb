#include "pki/openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace mortise::pki {
namespace {

// Ours are under 1 KiB; OpenSSL itself takes up to 100 KiB for a whole chain.
constexpr std::size_t kMaxCertificate = 16 * 1024;

}  // namespace

std::unexpected<Error> fail_openssl(Code code, std::string_view step) {
  const auto first = ERR_get_error();
  ERR_clear_error();
  std::string what(step);
  if (first != 0) {
    const char* reason = ERR_reason_error_string(first);
    what.append(": ").append(reason != nullptr ? reason : "unknown reason");
  }
  return fail(code, std::move(what));
}

Result<X509Ptr> decode_x509(std::string_view der) {
  if (der.size() > kMaxCertificate) {
    return fail(Code::exhausted, "certificate of " + std::to_string(der.size()) + " bytes");
  }
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return fail_openssl(Code::invalid, "decode certificate");
  if (at != end) return fail(Code::invalid, "decode certificate: bytes after its end");
  return certificate;
}

bool is_p256(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  std::array<char, 32> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return false;
  if (std::string_view(group.data()) != "prime256v1") return false;
  // Parameters spelled out instead of named are a way to smuggle in another generator.
  int spelled_out = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out) !=
      1) {
    return false;
  }
  return spelled_out == 0;
}

Result<WallTime> to_wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail_openssl(Code::invalid, "decode a time");
  using Seconds = std::chrono::seconds;
  constexpr auto earliest = std::chrono::ceil<Seconds>(WallTime::min().time_since_epoch());
  constexpr auto latest = std::chrono::floor<Seconds>(WallTime::max().time_since_epoch());
  return WallTime(std::clamp(Seconds(timegm(&parts)), earliest, latest));
}

}  // namespace mortise::pki
