#include "pki/spiffe_id.h"

#include <algorithm>
#include <array>

namespace mortise::pki {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxUri = 2048;         // SPIFFE-ID 2.3
constexpr std::size_t kMaxTrustDomain = 255;  // SPIFFE-ID 2.1

bool is_common(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_trust_domain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTrustDomain && std::ranges::all_of(text, is_common);
}

// One path segment (SPIFFE-ID 2.2): no percent encoding, no dot segments.
bool is_segment(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return false;
  return std::ranges::all_of(text, [](char c) { return is_common(c) || (c >= 'A' && c <= 'Z'); });
}

std::unexpected<Error> not_an_identity(std::string_view why) {
  return fail(Code::invalid, "not a workload identity: " + std::string(why));
}

}  // namespace

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
  if (uri.size() > kMaxUri) return not_an_identity("longer than 2048 bytes");
  if (!uri.starts_with(kScheme)) return not_an_identity("does not begin with spiffe://");
  auto rest = uri.substr(kScheme.size());

  // Exactly five parts, with literal "ns" and "sa" (semantics I-1).
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto slash = rest.find('/');
    const bool last = i + 1 == parts.size();
    if ((slash == std::string_view::npos) != last) {
      return not_an_identity("is not TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT");
    }
    parts[i] = rest.substr(0, slash);
    if (!last) rest.remove_prefix(slash + 1);
  }
  if (parts[1] != "ns" || parts[3] != "sa") return not_an_identity("has no /ns/ and /sa/ parts");
  if (!is_trust_domain(parts[0])) return not_an_identity("its trust domain is malformed");
  if (!is_segment(parts[2])) return not_an_identity("its namespace is malformed");
  if (!is_segment(parts[4])) return not_an_identity("its service account is malformed");
  return SpiffeId{std::string(parts[0]), std::string(parts[2]), std::string(parts[4])};
}

std::string SpiffeId::uri() const {
  std::string text(kScheme);
  text.append(trust_domain).append("/ns/").append(namespace_name);
  return text.append("/sa/").append(service_account);
}

std::string canonical_trust_domain(std::string_view configured) {
  std::string text(configured);
  std::ranges::replace(text, '@', '.');
  return text;
}

}  // namespace mortise::pki
