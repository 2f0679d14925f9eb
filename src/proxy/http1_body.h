// proxy/http1_body.h — one message body on its way through: byte for byte, with back-pressure.
#pragma once

#include <cstdint>

#include "proxy/inbox.h"
#include "wire/http1.h"

namespace mortise::proxy {

// Knows where a body ends.
class BodyCursor {
 public:
  BodyCursor(wire::http1::Framing framing, std::uint64_t content_length)
      : framing_(framing), left_(content_length) {}

  // How many of the next bytes belong to the body.
  Result<std::size_t> take(std::string_view next);
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool ends_with_connection() const {
    return framing_ == wire::http1::Framing::until_close;
  }
  // Whether anything of it was taken yet.
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  wire::http1::Framing framing_;
  std::uint64_t left_;
  wire::http1::ChunkedBody chunks_;
  bool begun_ = false;
};

enum class Copied { whole, source_failed, sink_failed };

// Moves what `inbox` holds of the body behind `out`, up to a chunk: head and body in one write.
Result<void> append_body(Inbox& inbox, BodyCursor& body, std::string& out);

// Copies the rest of the body to `to`. Adds to `bytes` as it goes.
io::Task<Copied> copy_body(Inbox& from, io::Stream& to, BodyCursor& body, std::uint64_t& bytes);

}  // namespace mortise::proxy
