#include "proxy/forwarded_client_cert.h"

#include "wire/http1.h"

namespace mortise::proxy {
namespace {

// a value that holds a separator is quoted.
std::string quoted_if_needed(const std::string& value) {
  if (value.find_first_of(",;=\"") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char character : value) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += character;
  }
  return quoted + '"';
}

}  // namespace

bool is_forwarded_client_cert(std::string_view field_name) {
  return wire::http1::reads_as(field_name, kForwardedClientCert);
}

std::string forwarded_client_cert(const io::TlsFacts& tls) {
  if (tls.peer_identity.empty()) return {};
  return "By=" + quoted_if_needed(tls.own_identity) + ";Hash=" + tls.peer_certificate_sha256 +
         ";Subject=\"\";URI=" + quoted_if_needed(tls.peer_identity);
}

}  // namespace mortise::proxy
