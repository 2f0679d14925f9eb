// pki/extensions.h — the X.509 extensions that our certificates carry (semantics I-4), built from
// values and never from OpenSSL's configuration syntax, where a comma in a name is an injection.
#pragma once

#include <string>

#include "base/result.h"
#include "pki/openssl.h"

namespace mortise::pki {

// A list with this one URI as subject alternative name.
Result<GeneralNamesPtr> uri_names(const std::string& uri);

// Each adds one extension to a certificate that is being built.
Result<> add_uri(X509* certificate, const std::string& uri, bool critical);
Result<> add_basic_constraints(X509* certificate, bool authority);
Result<> add_leaf_usage(X509* certificate);
Result<> add_root_usage(X509* certificate);
// Of the public key that is already set.
Result<> add_subject_key_id(X509* certificate);
// Points at the subject key id of `issuer`.
Result<> add_authority_key_id(X509* certificate, X509* issuer);

}  // namespace mortise::pki
