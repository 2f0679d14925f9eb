#include "io/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>

#include "io/tls_peer.h"

namespace mortise::io {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
// One record and its framing: enough that a full record arrives with one system call.
constexpr std::size_t kReceiveBytes = kRecordBytes + 512;

std::string alpn_list(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) {
    list += static_cast<char>(name.size());
    list += name;
  }
  return list;
}

}  // namespace

TlsStream::TlsStream(Loop& loop, std::unique_ptr<Stream> under,
                     std::shared_ptr<const OpenSslContext> context)
    : loop_(loop),
      under_(std::move(under)),
      context_(std::move(context)),
      ssl_(SSL_new(context_->get())) {
  MORTISE_CHECK(ssl_ != nullptr);
  BIO* bio = make_buffer_bio(buffers_);
  SSL_set_bio(ssl_, bio, bio);
  use_clock(ssl_, loop_.wall());
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

Result<void> TlsStream::as_client(TlsClientOptions options) {
  SSL_set_connect_state(ssl_);
  rule_.identities = std::move(options.accepted_identities);
  demand_peer(ssl_, rule_);
  alpn_ = alpn_list(options.alpn);
  if (!alpn_.empty() &&
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn_.data()),
                          static_cast<unsigned int>(alpn_.size())) != 0) {
    return fail_tls("offer protocols");
  }
  if (!options.server_name.empty() &&
      SSL_set_tlsext_host_name(ssl_, options.server_name.c_str()) != 1) {
    return fail_tls("name the server");
  }
  return {};
}

Result<void> TlsStream::as_server(TlsServerOptions options) {
  SSL_set_accept_state(ssl_);
  rule_.trust_domains = std::move(options.accepted_trust_domains);
  demand_peer(ssl_, rule_);
  alpn_ = alpn_list(options.alpn);
  choose_alpn_from(ssl_, alpn_);
  buffers_.received.assign(options.already_read.begin(), options.already_read.end());
  buffers_.end = buffers_.received.size();
  return {};
}

Task<Result<void>> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int cause = SSL_get_error(ssl_, done);
    // Whatever it produced goes out first: the last flight, a question, or the alert of a refusal.
    for (;;) {
      auto flushed = flush();
      if (!flushed) co_return done == 1 ? std::unexpected(flushed.error()) : fail_handshake();
      if (*flushed) break;
      co_await under_->writable();
    }
    if (done == 1) co_return note_facts();
    if (cause != SSL_ERROR_WANT_READ) co_return fail_handshake();
    CO_TRY(const auto got, fill());
    if (got == Progress::closed) {
      co_return fail(Code::unavailable, "TLS handshake: the peer closed the connection");
    }
    if (got == Progress::blocked) co_await under_->readable();
  }
}

std::unexpected<Error> TlsStream::fail_handshake() {
  if (!rule_.refusal.empty()) {
    ERR_clear_error();
    return fail(Code::denied, "TLS handshake: " + rule_.refusal);
  }
  return fail_tls("TLS handshake");
}

Result<void> TlsStream::note_facts() {
  TRY(facts_, read_facts(ssl_));
  facts_.own_identity = context_->own_identity();
  return {};
}

Result<Progress> TlsStream::try_read(std::span<char> into) {
  for (;;) {
    ERR_clear_error();
    std::size_t count = 0;
    const int done = SSL_read_ex(ssl_, into.data(), into.size(), &count);
    if (done == 1) return Progress::of(count);
    switch (SSL_get_error(ssl_, done)) {
      case SSL_ERROR_ZERO_RETURN:
        return Progress{Progress::closed, 0};
      case SSL_ERROR_WANT_READ:
        break;
      default:
        return fail_tls("read");
    }
    TRY(const auto got, fill());
    if (got == Progress::blocked) return Progress{};
    if (got == Progress::closed) {
      // An end without close_notify may be an attacker's: it is never passed on as an end.
      return fail(Code::unavailable, "read: the connection ended without a TLS close");
    }
  }
}

Result<Progress::Kind> TlsStream::fill() {
  if (buffers_.drained()) buffers_.begin = buffers_.end = 0;
  if (buffers_.received.size() < buffers_.end + kReceiveBytes) {
    buffers_.received.resize(buffers_.end + kReceiveBytes);
  }
  TRY(const Progress got, under_->try_read(std::span(buffers_.received).subspan(buffers_.end)));
  if (got.kind == Progress::moved) buffers_.end += got.bytes;
  return got.kind;
}

Result<Progress> TlsStream::try_write(std::span<const char> from) {
  if (from.empty()) return Progress::of(0);
  if (sealed_ == 0) {
    TRY(const bool clear, flush());
    if (!clear) return Progress{};
    ERR_clear_error();
    const auto record = from.first(std::min(from.size(), kRecordBytes));
    const int done = SSL_write_ex(ssl_, record.data(), record.size(), &sealed_);
    if (done != 1) return fail_tls("write");
  }
  TRY(const bool sent, flush());
  if (!sent) return Progress{};
  return Progress::of(std::exchange(sealed_, 0));
}

Result<bool> TlsStream::flush() {
  auto& pending = buffers_.to_send;
  std::size_t sent = 0;
  while (sent < pending.size()) {
    TRY(const Progress put, under_->try_write(std::span<const char>(pending).subspan(sent)));
    if (put.kind == Progress::closed) return fail(Code::unavailable, "write: the peer has closed");
    if (put.kind == Progress::blocked) break;
    sent += put.bytes;
  }
  pending.erase(0, sent);
  return pending.empty();
}

void TlsStream::finish_writing() {
  if (finishing_) return;
  finishing_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);  // seals close_notify into to_send
  finisher_ = finish();
  finisher_.start();
}

Task<void> TlsStream::finish() {
  for (;;) {
    const auto flushed = flush();
    if (!flushed) co_return;  // the reader will see the same error
    if (*flushed) break;
    // Without deadline: ends with the connection, whose owner has one.
    co_await under_->writable();
  }
  under_->finish_writing();
}

namespace {

Task<Result<std::unique_ptr<Stream>>> established(std::unique_ptr<TlsStream> stream) {
  CO_CHECK_OK(co_await stream->handshake());
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::unique_ptr<Stream> stream,
                                                  std::shared_ptr<const TlsContext> context,
                                                  TlsClientOptions options) {
  auto tls = std::make_unique<TlsStream>(loop, std::move(stream),
                                         std::static_pointer_cast<const OpenSslContext>(context));
  CO_CHECK_OK(tls->as_client(std::move(options)));
  co_return co_await established(std::move(tls));
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::unique_ptr<Stream> stream,
                                                 std::shared_ptr<const TlsContext> context,
                                                 TlsServerOptions options) {
  auto tls = std::make_unique<TlsStream>(loop, std::move(stream),
                                         std::static_pointer_cast<const OpenSslContext>(context));
  CO_CHECK_OK(tls->as_server(std::move(options)));
  co_return co_await established(std::move(tls));
}

}  // namespace mortise::io
