// proxy/forwarded_client_cert.h — the X-Forwarded-Client-Cert field: removed wherever it arrives,
// set anew from a verified peer certificate (semantics, K-24).
#pragma once

#include <string>
#include <string_view>

#include "io/stream.h"

namespace mortise::proxy {

inline constexpr std::string_view kForwardedClientCert = "x-forwarded-client-cert";

// Also true with '_' for '-': gateway interfaces of applications make one variable of both.
bool is_forwarded_client_cert(std::string_view field_name);

// By=...;Hash=...;Subject="";URI=... ; empty without a verified peer.
std::string forwarded_client_cert(const io::TlsFacts& tls);

}  // namespace mortise::proxy
