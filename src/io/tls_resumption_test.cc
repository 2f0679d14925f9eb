// Security invariant 3: each connection is a full handshake, whatever a peer would like. The peers
// here are OpenSSL's own, with everything turned on that makes resumption possible.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

#include "io/tls_context.h"
#include "pki/csr.h"
#include "pki/openssl.h"

namespace mortise::io {
namespace {

using namespace std::chrono_literals;
using ContextPtr = std::unique_ptr<SSL_CTX, pki::Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, pki::Free<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, pki::Free<SSL_SESSION_free>>;

std::shared_ptr<const OpenSslContext> our_context() {
  const WallTime now = SystemClock().wall();
  const auto root = pki::make_root("cluster.local", now - 1h, now + 24h).value();
  const pki::SpiffeId id{"cluster.local", "full", "httpbin"};
  auto key = pki::PrivateKey::generate().value();
  auto leaf =
      pki::make_signer(root)->sign({pki::make_csr(*key, id).value(), id, now - 2min, now + 1h});
  return OpenSslContext::make({key, leaf.value(), {}, {"cluster.local", {root.certificate}, 1}})
      .value();
}

ContextPtr eager_context(int version) {
  ContextPtr context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_BOTH);
  return context;
}

// Two ends in one thread, joined in memory.
class Pair {
 public:
  Pair(SSL_CTX* client, SSL_CTX* server, SSL_SESSION* remembered)
      : client_(SSL_new(client)), server_(SSL_new(server)) {
    BIO* left = nullptr;
    BIO* right = nullptr;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(client_.get(), left, left);
    SSL_set_bio(server_.get(), right, right);
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
    if (remembered != nullptr) SSL_set_session(client_.get(), remembered);
  }

  // The handshake, and a byte each way, behind which tickets would have arrived.
  bool talk() {
    for (int turn = 0; turn < 10; ++turn) {
      SSL_do_handshake(client_.get());
      SSL_do_handshake(server_.get());
    }
    return pass(*client_, *server_) && pass(*server_, *client_);
  }
  SSL& client() { return *client_; }
  SSL& server() { return *server_; }

 private:
  static bool pass(SSL& from, SSL& to) {
    char byte = 'x';
    return SSL_write(&from, &byte, 1) == 1 && SSL_read(&to, &byte, 1) == 1;
  }

  SslPtr client_;
  SslPtr server_;
};

class TlsResumption : public ::testing::TestWithParam<int> {};

TEST_P(TlsResumption, OurServerGivesNothingToResumeWithAndTakesNoEarlyData) {
  const auto ours = our_context();
  const auto eager = eager_context(GetParam());
  Pair first(eager.get(), ours->get(), nullptr);
  ASSERT_TRUE(first.talk());
  const SessionPtr remembered(SSL_get1_session(&first.client()));
  EXPECT_EQ(SSL_SESSION_has_ticket(remembered.get()), 0);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(remembered.get()), 0U);
  SSL_shutdown(&first.client());

  Pair second(eager.get(), ours->get(), remembered.get());
  ASSERT_TRUE(second.talk());
  EXPECT_EQ(SSL_session_reused(&second.client()), 0);
  EXPECT_EQ(SSL_session_reused(&second.server()), 0);
}

TEST_P(TlsResumption, OurClientMakesAFullHandshakeWithAServerThatRemembersIt) {
  const auto ours = our_context();
  const auto eager = eager_context(GetParam());
  ASSERT_EQ(SSL_CTX_use_certificate(eager.get(), SSL_CTX_get0_certificate(ours->get())), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(eager.get(), SSL_CTX_get0_privatekey(ours->get())), 1);
  for (int connection = 0; connection < 2; ++connection) {
    Pair pair(ours->get(), eager.get(), nullptr);
    ASSERT_TRUE(pair.talk());
    EXPECT_EQ(SSL_session_reused(&pair.server()), 0);
    SSL_shutdown(&pair.client());
  }
}

// That the peers of these tests would resume if they were let.
TEST_P(TlsResumption, TwoEagerEndsDoResume) {
  const auto ours = our_context();
  const auto eager = eager_context(GetParam());
  ASSERT_EQ(SSL_CTX_use_certificate(eager.get(), SSL_CTX_get0_certificate(ours->get())), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(eager.get(), SSL_CTX_get0_privatekey(ours->get())), 1);
  Pair first(eager.get(), eager.get(), nullptr);
  ASSERT_TRUE(first.talk());
  const SessionPtr remembered(SSL_get1_session(&first.client()));
  SSL_shutdown(&first.client());
  Pair second(eager.get(), eager.get(), remembered.get());
  ASSERT_TRUE(second.talk());
  EXPECT_EQ(SSL_session_reused(&second.server()), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryVersion, TlsResumption,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace mortise::io
