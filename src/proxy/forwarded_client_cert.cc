#include "proxy/forwarded_client_cert.h"

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

char folded(char character) {
  if (character == '_') return '-';
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character | 0x20) : character;
}

}  // namespace

bool is_forwarded_client_cert(std::string_view field_name) {
  if (field_name.size() != kForwardedClientCert.size()) return false;
  for (std::size_t at = 0; at < field_name.size(); ++at) {
    if (folded(field_name[at]) != kForwardedClientCert[at]) return false;
  }
  return true;
}

std::string forwarded_client_cert(const io::TlsFacts& tls) {
  if (tls.peer_identity.empty()) return {};
  return "By=" + quoted_if_needed(tls.own_identity) + ";Hash=" + tls.peer_certificate_sha256 +
         ";Subject=\"\";URI=" + quoted_if_needed(tls.peer_identity);
}

}  // namespace mortise::proxy
