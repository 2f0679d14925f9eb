#include "pki/extensions.h"

#include <array>
#include <initializer_list>
#include <tuple>

namespace mortise::pki {
namespace {

Result<> add(X509* certificate, int nid, void* value, bool critical) {
  if (X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) != 1) {
    return fail_openssl(Code::unavailable, std::string("add extension ") + OBJ_nid2sn(nid));
  }
  return {};
}

std::unexpected<Error> out_of_memory(std::string_view what) {
  return fail_openssl(Code::unavailable, what);
}

// Bit numbers of RFC 5280 4.2.1.3.
enum KeyUsageBit : int { digital_signature = 0, key_cert_sign = 5, crl_sign = 6 };

Result<> add_key_usage(X509* certificate, std::initializer_list<KeyUsageBit> bits) {
  const BitStringPtr usage(ASN1_BIT_STRING_new());
  if (!usage) return out_of_memory("key usage");
  for (const auto bit : bits) {
    if (ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) != 1) return out_of_memory("key usage");
  }
  return add(certificate, NID_key_usage, usage.get(), true);
}

}  // namespace

Result<GeneralNamesPtr> uri_names(const std::string& uri) {
  GeneralNamesPtr names(GENERAL_NAMES_new());
  GeneralNamePtr name(GENERAL_NAME_new());
  Ia5StringPtr text(ASN1_IA5STRING_new());
  if (!names || !name || !text ||
      ASN1_STRING_set(text.get(), uri.data(), static_cast<int>(uri.size())) != 1) {
    return out_of_memory("alternative names");
  }
  GENERAL_NAME_set0_value(name.get(), GEN_URI, text.release());
  if (sk_GENERAL_NAME_push(names.get(), name.get()) == 0) return out_of_memory("alternative names");
  std::ignore = name.release();  // the list owns it now
  return names;
}

Result<> add_uri(X509* certificate, const std::string& uri, bool critical) {
  TRY(const auto names, uri_names(uri));
  return add(certificate, NID_subject_alt_name, names.get(), critical);
}

Result<> add_basic_constraints(X509* certificate, bool authority) {
  const BasicConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
  if (!constraints) return out_of_memory("basic constraints");
  constraints->ca = authority ? 0xff : 0;
  return add(certificate, NID_basic_constraints, constraints.get(), true);
}

// keyEncipherment of I-4 is for RSA key exchange and means nothing for ECDSA (RFC 5480 3).
Result<> add_leaf_usage(X509* certificate) {
  CHECK_OK(add_key_usage(certificate, {digital_signature}));
  const ExtendedKeyUsagePtr purposes(EXTENDED_KEY_USAGE_new());
  if (!purposes || sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_server_auth)) == 0 ||
      sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_client_auth)) == 0) {
    return out_of_memory("extended key usage");
  }
  return add(certificate, NID_ext_key_usage, purposes.get(), false);
}

Result<> add_root_usage(X509* certificate) {
  return add_key_usage(certificate, {key_cert_sign, crl_sign});
}

// The first 160 bits of the key's SHA-256 (RFC 7093 2, method 1).
Result<> add_subject_key_id(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const OctetStringPtr id(ASN1_OCTET_STRING_new());
  if (!id || X509_pubkey_digest(certificate, EVP_sha256(), digest.data(), &size) != 1 ||
      ASN1_OCTET_STRING_set(id.get(), digest.data(), 20) != 1) {
    return out_of_memory("subject key id");
  }
  return add(certificate, NID_subject_key_identifier, id.get(), false);
}

Result<> add_authority_key_id(X509* certificate, X509* issuer) {
  const ASN1_OCTET_STRING* of_issuer = X509_get0_subject_key_id(issuer);
  if (of_issuer == nullptr) return fail(Code::invalid, "issuer has no subject key id");
  const AuthorityKeyIdPtr id(AUTHORITY_KEYID_new());
  if (!id) return out_of_memory("authority key id");
  id->keyid = ASN1_OCTET_STRING_dup(of_issuer);
  if (id->keyid == nullptr) return out_of_memory("authority key id");
  return add(certificate, NID_authority_key_identifier, id.get(), false);
}

}  // namespace mortise::pki
