// pki/request.h — reads a certificate signing request of a stranger.
#pragma once

#include <string_view>

#include "base/result.h"
#include "pki/openssl.h"

namespace mortise::pki {

// The public key that `csr_der` asks to certify: P-256, and the request proves possession of its
// private half. Whatever else the request asks for is not even looked at (semantics I-22).
Result<PkeyPtr> requested_key(std::string_view csr_der);

}  // namespace mortise::pki
