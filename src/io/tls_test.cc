#include "io/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/race.h"
#include "io/sim/seeds.h"
#include "io/sim/sim_loop.h"
#include "io/sim/sim_network.h"
#include "pki/csr.h"

namespace mortise::io {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const SocketAddress kServer = SocketAddress::parse("198.18.0.3:80").value();

// A certificate authority of one test.
class TestCa {
 public:
  explicit TestCa(WallTime now, const std::string& domain = "cluster.local")
      : now_(now),
        domain_(domain),
        root_(pki::make_root(domain, now - 1h, now + 24h * 365).value()) {}

  pki::Credentials issue(const std::string& account, Duration lifetime = 24h) {
    const pki::SpiffeId id{domain_, "full", account};
    auto key = pki::PrivateKey::generate().value();
    auto signer = pki::make_signer(root_);
    auto leaf = signer->sign({pki::make_csr(*key, id).value(), id, now_ - 2min, now_ + lifetime});
    return {key, leaf.value(), {}, {domain_, {root_.certificate}, 1}};
  }

 private:
  WallTime now_;
  std::string domain_;
  pki::Root root_;
};

struct Ends {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
  std::string client_error;
  std::string server_error;
};

Task<void> serve(Loop& loop, Listener& listener, std::shared_ptr<const TlsContext> context,
                 Ends& ends) {
  auto accepted = co_await listener.accept();
  TlsServerOptions options;
  options.alpn = {"h2", "http/1.1"};
  options.accepted_trust_domains = {"cluster.local"};
  auto stream = co_await tls_accept(loop, std::move(accepted->stream), context, std::move(options));
  if (stream) {
    ends.server = std::move(*stream);
  } else {
    ends.server_error = stream.error().what();
  }
}

Task<void> dial(Loop& loop, Network& network, std::shared_ptr<const TlsContext> context,
                std::string expected, Ends& ends) {
  auto plain = co_await network.connect({.to = kServer, .from = {}});
  TlsClientOptions options;
  options.alpn = {"istio-http/1.1", "istio", "http/1.1"};
  options.accepted_identities = {std::move(expected)};
  options.server_name = "outbound_.8000_._.httpbin.full.svc.cluster.local";
  auto stream = co_await tls_connect(loop, std::move(*plain), context, std::move(options));
  if (stream) {
    ends.client = std::move(*stream);
  } else {
    ends.client_error = stream.error().what();
  }
}

// Two hosts and a CA, at the beginning of their time.
struct Scene {
  explicit Scene(std::uint64_t seed = 7) : loop_(seed) {}

  void connect(const pki::Credentials& client, const pki::Credentials& server,
               const std::string& expected) {
    auto client_context = TlsContext::make(client);
    auto server_context = TlsContext::make(server);
    ASSERT_TRUE(client_context) << client_context.error().what();
    ASSERT_TRUE(server_context) << server_context.error().what();
    auto serving = serve(loop_, *listener_, *server_context, ends_);
    auto dialling = dial(loop_, *client_host_, *client_context, expected, ends_);
    serving.start();
    dialling.start();
    loop_.run_for(10s);
  }

  sim::SimLoop loop_;
  sim::SimWorld world_{loop_};
  std::unique_ptr<Network> client_host_ = world_.process(IpAddress::parse("198.18.0.2").value());
  std::unique_ptr<Network> server_host_ = world_.process(kServer.ip);
  std::unique_ptr<Listener> listener_ = server_host_->listen(kServer).value();
  TestCa ca_{loop_.wall()};
  Ends ends_;
};

class Tls : public ::testing::Test, protected Scene {};

TEST_F(Tls, BothEndsLearnTheOtherIdentityAndTheSameConnectionId) {
  connect(ca_.issue("sleep"), ca_.issue("httpbin"), "spiffe://cluster.local/ns/full/sa/httpbin");
  ASSERT_TRUE(ends_.client) << ends_.client_error;
  ASSERT_TRUE(ends_.server) << ends_.server_error;
  const auto& client = *ends_.client->tls();
  const auto& server = *ends_.server->tls();
  EXPECT_EQ(client.version, "TLSv1.3");
  EXPECT_EQ(client.group, "x25519");
  EXPECT_EQ(client.cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(client.alpn, "http/1.1");
  EXPECT_EQ(client.peer_identity, "spiffe://cluster.local/ns/full/sa/httpbin");
  EXPECT_EQ(server.peer_identity, "spiffe://cluster.local/ns/full/sa/sleep");
  EXPECT_EQ(client.connection_id, server.connection_id);
  EXPECT_EQ(server.peer_certificate_sha256.size(), 64U);
}

TEST_F(Tls, ClientRefusesAnotherIdentityThanTheOneItDialled) {
  connect(ca_.issue("sleep"), ca_.issue("impostor"), "spiffe://cluster.local/ns/full/sa/httpbin");
  EXPECT_FALSE(ends_.client);
  EXPECT_FALSE(ends_.server);
  EXPECT_THAT(ends_.client_error,
              HasSubstr("the peer is spiffe://cluster.local/ns/full/sa/impostor"));
}

TEST_F(Tls, ServerRefusesACertificateFromAnotherRoot) {
  TestCa other(loop_.wall());
  auto stranger = other.issue("sleep");
  auto server = ca_.issue("httpbin");
  stranger.trust = server.trust;  // it accepts the server, but nobody vouches for it
  connect(stranger, server, "spiffe://cluster.local/ns/full/sa/httpbin");
  EXPECT_FALSE(ends_.server);
  EXPECT_THAT(ends_.server_error, HasSubstr("not accepted"));
}

TEST_F(Tls, ServerRefusesAForeignTrustDomainEvenUnderATrustedRoot) {
  TestCa foreign(loop_.wall(), "other.example");
  auto client = foreign.issue("sleep");
  auto server = ca_.issue("httpbin");
  server.trust.roots.push_back(client.trust.roots.front());
  client.trust = server.trust;
  connect(client, server, "spiffe://cluster.local/ns/full/sa/httpbin");
  EXPECT_FALSE(ends_.server);
  EXPECT_THAT(ends_.server_error, HasSubstr("foreign trust domain"));
}

TEST_F(Tls, ExpiredCertificateIsRefusedByTheLoopsOwnClock) {
  const auto client = ca_.issue("sleep", 1h);
  loop_.jump_wall_clock(2h);
  connect(client, ca_.issue("httpbin"), "spiffe://cluster.local/ns/full/sa/httpbin");
  EXPECT_FALSE(ends_.server);
  EXPECT_THAT(ends_.server_error, HasSubstr("expired"));
}

Task<void> send_and_finish(Stream& stream, std::string words) {
  if (co_await write_all(stream, words)) stream.finish_writing();
}

Task<void> receive(Stream& stream, std::string& heard, std::string& end) {
  std::array<char, 3000> buffer;
  for (;;) {
    const auto got = co_await read_some(stream, buffer);
    if (!got || *got == 0) {
      end = got ? "closed" : got.error().what();
      co_return;
    }
    heard.append(buffer.data(), *got);
  }
}

TEST(TlsSeeds, DeliversEverythingAndHalfClosesUnderShortWritesAndFullBuffers) {
  for (const auto seed : sim::seeds(5)) {
    SCOPED_TRACE(sim::announce(seed));
    Scene scene(seed);
    scene.world_.faults = {
        .least_delay = 1ms, .most_delay = 9ms, .short_io = 0.5, .buffer_bytes = 5000};
    scene.connect(scene.ca_.issue("sleep"), scene.ca_.issue("httpbin"),
                  "spiffe://cluster.local/ns/full/sa/httpbin");
    ASSERT_TRUE(scene.ends_.client && scene.ends_.server) << scene.ends_.client_error;
    const std::string words(200000, 'w');
    std::string heard;
    std::string end;
    auto receiving = receive(*scene.ends_.server, heard, end);
    auto sending = send_and_finish(*scene.ends_.client, words);
    receiving.start();
    sending.start();
    scene.loop_.run_for(30min);
    EXPECT_EQ(heard.size(), words.size());
    EXPECT_EQ(end, "closed");
    // The other direction is still open.
    std::string answer;
    auto hearing = receive(*scene.ends_.client, answer, end);
    auto answering = send_and_finish(*scene.ends_.server, "bye");
    hearing.start();
    answering.start();
    scene.loop_.run_for(1min);
    EXPECT_EQ(answer, "bye");
  }
}

TEST_F(Tls, TruncatedConnectionIsAnErrorNotAnEnd) {
  connect(ca_.issue("sleep"), ca_.issue("httpbin"), "spiffe://cluster.local/ns/full/sa/httpbin");
  ASSERT_TRUE(ends_.client && ends_.server);
  std::string heard;
  std::string end;
  auto receiving = receive(*ends_.server, heard, end);
  receiving.start();
  ends_.client.reset();  // the transport ends without close_notify
  loop_.run_for(1s);
  EXPECT_THAT(end, HasSubstr("without a TLS close"));
}

struct Recorder final : sim::Wiretap {
  void on_bytes(SocketAddress, SocketAddress, std::string_view bytes) override { all += bytes; }
  std::string all;
};

TEST_F(Tls, NothingReadableIsOnTheWire) {
  Recorder wire;
  world_.wiretap = &wire;
  connect(ca_.issue("sleep"), ca_.issue("httpbin"), "spiffe://cluster.local/ns/full/sa/httpbin");
  ASSERT_TRUE(ends_.client && ends_.server);
  std::string heard;
  std::string end;
  auto receiving = receive(*ends_.server, heard, end);
  auto sending = send_and_finish(*ends_.client, "GET /secret HTTP/1.1\r\n\r\n");
  receiving.start();
  sending.start();
  loop_.run_for(1s);
  EXPECT_THAT(heard, HasSubstr("/secret"));
  EXPECT_FALSE(wire.all.empty());
  EXPECT_EQ(wire.all.find("/secret"), std::string::npos);
  world_.wiretap = nullptr;
}

}  // namespace
}  // namespace mortise::io
