// proxy/first_words.h — what a connection on an undeclared port carries, told from the client's
// first bytes (semantics S-18 to S-22), without stalling a protocol in which the server begins.
#pragma once

#include <string_view>

#include "io/loop.h"
#include "proxy/handling.h"
#include "proxy/inbox.h"

namespace mortise::proxy {

enum class Words { undecided, http, http2, other };

// `http` is whatever some server might read as an HTTP/1.x request, well-formed or not: the codec
// then refuses what is not. Otherwise a bare LF would carry a forged X-Forwarded-Client-Cert past
// us (invariant 5).
Words classify(std::string_view first_bytes);

// Whether a connection that begins so is relayed as bytes on a port of this handling. HTTP/2 is
// where its port is declared to carry it, and nowhere else. A limit, as long as the proxy does not
// read HTTP/2: what such a connection carries is not looked at, so an X-Forwarded-Client-Cert in
// it is neither removed nor set (invariant 5 holds for HTTP/1.x only).
bool goes_as_bytes(Words words, Handling handling);

// Waits for the client's first bytes and reads until they are decided. `undecided`: they are text
// without an end, and `patience` after the first of them was over. At the client's end they are
// `other`. Waits for the first byte without deadline: every caller has its own.
io::Task<Result<Words>> hear_client(io::Loop& loop, Inbox& client, Duration patience);

// A client's stream as it is relayed before its first line is complete: reading fails as soon as
// the line turns out to be one that must not go as bytes.
class UnlessHttp final : public io::Stream {
 public:
  // `seen` was read before and is undecided.
  UnlessHttp(io::Stream& inner, std::string_view seen, Handling handling)
      : inner_(inner), seen_(seen), handling_(handling) {}

  Result<io::Progress> try_read(std::span<char> into) override;
  Result<io::Progress> try_write(std::span<const char> from) override {
    return inner_.try_write(from);
  }
  io::Gate::Wait readable() override { return inner_.readable(); }
  io::Gate::Wait writable() override { return inner_.writable(); }
  void finish_writing() override { inner_.finish_writing(); }
  void abort() override { inner_.abort(); }
  [[nodiscard]] const io::TlsFacts* tls() const override { return inner_.tls(); }

 private:
  io::Stream& inner_;
  std::string seen_;
  Handling handling_;
  bool decided_ = false;
};

}  // namespace mortise::proxy
