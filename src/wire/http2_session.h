// wire/http2_session.h — one HTTP/2 connection without I/O: bytes in, events and bytes out.
// libnghttp2 does the framing and HPACK; this adds limits, outgoing buffers and flow control that
// follows the application. RFC 9113.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mortise::wire::http2 {

using StreamId = std::int32_t;

struct Field {
  std::string name;  // lower case; pseudo fields with their colon
  std::string value;
  friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;

// The value of the first field of this name; null if there is none.
const std::string* find(const Fields& fields, std::string_view lower_case_name);

// RFC 9113 section 7; other numbers may arrive.
enum class ErrorCode : std::uint32_t {
  no_error = 0x0,
  protocol_error = 0x1,
  internal_error = 0x2,
  flow_control_error = 0x3,
  stream_closed = 0x5,
  refused_stream = 0x7,
  cancel = 0x8,
  enhance_your_calm = 0xb,
  inadequate_security = 0xc,
};

struct Limits {
  std::uint32_t streams = 100;              // opened by the peer at the same time
  std::uint32_t stream_window = 64 * 1024;  // bytes of one stream that nobody has read yet
  std::size_t header_bytes = 16 * 1024;     // names and values of one head
  std::size_t queued_frames = 10'000;       // answers that the peer does not fetch
};

// What feed() found, told while it runs. A listener takes notes and may submit; it must not feed or
// take output.
class Events {
 public:
  virtual ~Events() = default;
  // A request, a response or trailers; `last`: the peer sends nothing more on this stream.
  virtual void on_headers(StreamId id, Fields fields, bool last) = 0;
  virtual void on_body(StreamId id, std::string_view bytes) = 0;
  virtual void on_end(StreamId id) = 0;  // after the body, where no trailers came
  virtual void on_closed(StreamId id, ErrorCode reason) = 0;
  virtual void on_goaway(ErrorCode reason) = 0;  // the peer takes no more streams
  // take_output() has taken bytes of this stream's body.
  virtual void on_sent(StreamId id) = 0;
};

class Session {
 public:
  enum class Side : std::uint8_t { client, server };

  // Starts with our SETTINGS in the output. `events` must outlive the session.
  Session(Side side, const Limits& limits, Events& events);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Reads what the peer sent. An error ends the connection at once; most violations instead put a
  // GOAWAY into the output and make over() true behind it, with violation() as the reason.
  Result<void> feed(std::string_view bytes);
  // Appends frames to `into` until it holds `enough` bytes or nothing may be sent now.
  void take_output(std::string& into, std::size_t enough);
  // Nothing is left to read or to send.
  [[nodiscard]] bool over() const;
  [[nodiscard]] bool wants_input() const;
  // How the peer broke the protocol; empty if it did not.
  [[nodiscard]] const std::string& violation() const;

  // Client: a request whose body follows with send() and finish().
  Result<StreamId> open(const Fields& request);
  // Server: the head of the answer; unless `last`, a body follows.
  void respond(StreamId id, const Fields& response, bool last);
  // Queues bytes of the body; they leave as the peer's windows allow. The caller limits unsent().
  void send(StreamId id, std::string_view bytes);
  [[nodiscard]] std::size_t unsent(StreamId id) const;
  // Ends our side behind what is queued. A server then also stops a client that still sends.
  void finish(StreamId id, Fields trailers = {});
  void reset(StreamId id, ErrorCode reason);
  // The application has read so many bytes of on_body: lets the peer send as many again. The
  // connection's own window is given back at once, so that one slow reader delays no other stream;
  // memory stays within streams * stream_window.
  void consumed(StreamId id, std::size_t bytes);
  void ping();
  // No more streams after those that were seen; over() follows.
  void go_away(ErrorCode reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mortise::wire::http2
