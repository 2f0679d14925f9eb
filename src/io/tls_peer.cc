#include "io/tls_peer.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "pki/openssl.h"

namespace mortise::io {
namespace {

Result<pki::Certificate> as_certificate(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return fail_tls("read the peer's certificate");
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return pki::Certificate::from_der(std::move(bytes));
}

// Slots of OpenSSL's per-connection storage, reserved once per process.
int rule_slot() {
  static const int kSlot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kSlot;
}
int alpn_slot() {
  static const int kSlot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kSlot;
}

// Empty when the peer may be who it says it is; else the reason.
std::string refusal(const TlsStream::PeerRule& rule, const std::vector<std::string>& uris) {
  if (uris.size() != 1) {
    return "the peer's certificate has " + std::to_string(uris.size()) +
           " URI names instead of one SPIFFE id";
  }
  const auto& id = uris.front();
  if (std::ranges::find(rule.identities, id) != rule.identities.end()) return {};
  const bool known_domain = std::ranges::any_of(rule.trust_domains, [&](const auto& domain) {
    return id.starts_with("spiffe://" + domain + "/");
  });
  if (known_domain) return {};
  if (!rule.trust_domains.empty()) return "the peer is " + id + ", of a foreign trust domain";
  std::string expected;
  for (const auto& identity : rule.identities)
    expected += (expected.empty() ? "" : " or ") + identity;
  return "the peer is " + id + ", expected " + (expected.empty() ? "nobody" : expected);
}

int judge_certificate(int chain_is_good, X509_STORE_CTX* store) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& rule = *static_cast<TlsStream::PeerRule*>(SSL_get_ex_data(ssl, rule_slot()));
  if (chain_is_good == 0) {
    rule.refusal = std::string("the peer's certificate is not accepted: ") +
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(store) != 0) return 1;
  const auto leaf = as_certificate(X509_STORE_CTX_get_current_cert(store));
  rule.refusal = leaf ? refusal(rule, leaf->uris()) : leaf.error().what();
  if (rule.refusal.empty()) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int select_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* size,
                const unsigned char* offer, unsigned int offer_size, void*) {
  const auto* ours = static_cast<const std::string*>(SSL_get_ex_data(ssl, alpn_slot()));
  if (ours == nullptr) return SSL_TLSEXT_ERR_NOACK;
  unsigned char* found = nullptr;
  const int verdict =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours->data()),
                            static_cast<unsigned int>(ours->size()), offer, offer_size);
  *chosen = found;
  // A peer that offers nothing we select is served without a protocol name (semantics S-5, S-23).
  return verdict == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

std::string group_name(SSL* ssl) {
  const auto group = SSL_get_negotiated_group(ssl);
  const char* name = SSL_group_to_name(ssl, static_cast<int>(group));
  return name != nullptr ? name : "";
}

Result<std::string> connection_id(SSL* ssl) {
  static constexpr std::string_view kLabel = "EXPORTER-mortise-connection";
  std::array<unsigned char, 16> bytes{};
  if (SSL_export_keying_material(ssl, bytes.data(), bytes.size(), kLabel.data(), kLabel.size(),
                                 nullptr, 0, 0) != 1) {
    return fail_tls("derive the connection's id");
  }
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  for (const auto byte : bytes) {
    id += kHex[byte >> 4];
    id += kHex[byte & 15];
  }
  return id;
}

}  // namespace

void demand_peer(SSL* ssl, TlsStream::PeerRule& rule) {
  SSL_set_ex_data(ssl, rule_slot(), &rule);
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge_certificate);
}

void use_clock(SSL* ssl, WallTime now) {
  X509_VERIFY_PARAM_set_time(
      SSL_get0_param(ssl),
      std::chrono::system_clock::to_time_t(
          std::chrono::time_point_cast<std::chrono::system_clock::duration>(now)));
}

void enable_alpn_choice(SSL_CTX* context) {
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
}

void choose_alpn_from(SSL* ssl, std::string& names) { SSL_set_ex_data(ssl, alpn_slot(), &names); }

Result<TlsFacts> read_facts(SSL* ssl) {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_get_cipher_name(ssl);
  facts.group = group_name(ssl);
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  facts.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  const pki::X509Ptr peer(SSL_get1_peer_certificate(ssl));
  if (!peer) return fail(Code::denied, "TLS handshake: the peer has no certificate");
  TRY(const auto leaf, as_certificate(peer.get()));
  facts.peer_identity = leaf.uris().front();
  facts.peer_certificate_sha256 = leaf.sha256();
  TRY(facts.connection_id, connection_id(ssl));
  return facts;
}

}  // namespace mortise::io
