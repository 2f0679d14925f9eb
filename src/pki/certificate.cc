#include "pki/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "pki/openssl.h"

namespace mortise::pki {
namespace {

constexpr std::size_t kMaxPem = 32 * 1024;
constexpr std::string_view kHexDigits = "0123456789abcdef";

struct FreeOpenssl {
  void operator()(void* memory) const { OPENSSL_free(memory); }
};
template <class T>
using OpensslMemory = std::unique_ptr<T, FreeOpenssl>;

Result<std::string> text_of(const ASN1_IA5STRING* uri) {
  const auto* begin = reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri));
  std::string text(begin, static_cast<std::size_t>(ASN1_STRING_length(uri)));
  // A NUL or a control byte in a name is how one identity is made to look like another.
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; })) {
    return fail(Code::invalid, "certificate names a URI with characters that no URI has");
  }
  return text;
}

Result<std::vector<std::string>> uris_of(const X509* certificate) {
  int critical = 0;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  std::vector<std::string> uris;
  if (!names) {
    if (critical == -1) return uris;  // it has none
    return fail_openssl(Code::invalid, "certificate with malformed or repeated alternative names");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_URI) continue;
    TRY(auto uri, text_of(static_cast<const ASN1_IA5STRING*>(value)));
    uris.push_back(std::move(uri));
  }
  return uris;
}

Result<std::string> serial_of(const X509* certificate) {
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!number) return fail_openssl(Code::invalid, "decode serial number");
  const OpensslMemory<char> digits(BN_bn2hex(number.get()));
  if (!digits) return fail_openssl(Code::unavailable, "print serial number");
  std::string text(digits.get());
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// One PEM block as OpenSSL hands it out; all three are empty when there is none.
struct PemBlock {
  OpensslMemory<char> name;
  OpensslMemory<char> header;
  OpensslMemory<unsigned char> body;
  std::size_t size = 0;
};

PemBlock next_block(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* body = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &body, &size) != 1) return {};
  return {OpensslMemory<char>(name), OpensslMemory<char>(header),
          OpensslMemory<unsigned char>(body), static_cast<std::size_t>(size)};
}

}  // namespace

Result<Certificate> Certificate::from_der(std::string der) {
  TRY(const auto decoded, decode_x509(der));
  Certificate certificate;
  TRY(certificate.uris_, uris_of(decoded.get()));
  TRY(certificate.serial_, serial_of(decoded.get()));
  TRY(certificate.not_before_, to_wall_time(X509_get0_notBefore(decoded.get())));
  TRY(certificate.not_after_, to_wall_time(X509_get0_notAfter(decoded.get())));
  certificate.der_ = std::move(der);
  return certificate;
}

Result<Certificate> Certificate::from_pem(const std::string& pem) {
  if (pem.size() > kMaxPem) return fail(Code::exhausted, "certificate file is too large");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail_openssl(Code::unavailable, "read certificate");
  const auto block = next_block(bio.get());
  if (!block.name) return fail_openssl(Code::invalid, "read certificate");
  if (std::string_view(block.name.get()) != "CERTIFICATE" || *block.header != '\0') {
    return fail(Code::invalid, "read certificate: not a CERTIFICATE block");
  }
  if (next_block(bio.get()).name) {
    return fail(Code::invalid, "read certificate: more than one block");
  }
  ERR_clear_error();  // the second block that is rightly not there
  return from_der(std::string(reinterpret_cast<const char*>(block.body.get()), block.size));
}

std::string Certificate::to_pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio(bio.get(), "CERTIFICATE", "",
                            reinterpret_cast<const unsigned char*>(der_.data()),
                            static_cast<long>(der_.size())) <= 0) {
    ERR_clear_error();
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string Certificate::sha256() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(der_.data(), der_.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    ERR_clear_error();
    return {};
  }
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kHexDigits[digest[i] >> 4];
    text += kHexDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace mortise::pki
