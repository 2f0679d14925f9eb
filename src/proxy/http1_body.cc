#include "proxy/http1_body.h"

#include <algorithm>

#include "proxy/limits.h"

namespace mortise::proxy {

using wire::http1::Framing;

bool BodyCursor::done() const {
  switch (framing_) {
    case Framing::none:
      return true;
    case Framing::length:
      return left_ == 0;
    case Framing::chunked:
      return chunks_.done();
    case Framing::until_close:
      return false;
  }
  return true;
}

Result<std::size_t> BodyCursor::take(std::string_view next) {
  begun_ |= !next.empty();
  switch (framing_) {
    case Framing::none:
      return 0;
    case Framing::length: {
      const auto count = std::min<std::uint64_t>(left_, next.size());
      left_ -= count;
      return static_cast<std::size_t>(count);
    }
    case Framing::chunked:
      return chunks_.scan(next);
    case Framing::until_close:
      break;
  }
  return next.size();
}

Result<void> append_body(Inbox& inbox, BodyCursor& body, std::string& out) {
  if (inbox.empty() || body.done()) return {};
  const auto next = inbox.bytes().substr(0, kChunk);
  TRY(const std::size_t count, body.take(next));
  out.append(next.substr(0, count));
  inbox.consume(count);
  return {};
}

io::Task<Copied> copy_body(Inbox& from, io::Stream& to, BodyCursor& body, std::uint64_t& bytes) {
  while (!body.done()) {
    if (from.empty()) {
      // Waits without deadline: a slow upload or download is slow, not dead; when the other end
      // of the exchange leaves, this task is cancelled.
      const auto got = co_await from.fill();
      if (!got) co_return Copied::source_failed;
      if (*got == 0) {
        co_return body.ends_with_connection() ? Copied::whole : Copied::source_failed;
      }
    }
    const auto count = body.take(from.bytes());
    if (!count) co_return Copied::source_failed;
    if (const auto put = co_await io::write_all(to, from.bytes().substr(0, *count)); !put) {
      co_return Copied::sink_failed;
    }
    bytes += *count;
    from.consume(*count);
  }
  co_return Copied::whole;
}

}  // namespace mortise::proxy
