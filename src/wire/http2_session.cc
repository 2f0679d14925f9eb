#include "wire/http2_session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace mortise::wire::http2 {
namespace {

// One busy stream must not use up what all of them share.
constexpr std::int32_t kConnectionWindow = 1 << 20;
// What a field costs beside its bytes (RFC 9113 6.5.2).
constexpr std::size_t kFieldOverhead = 32;
constexpr std::size_t kCompactBytes = 64 * 1024;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv borrow(const Field& field) {
  // nghttp2 copies names and values unless told otherwise; its C interface lacks the const.
  auto bytes = [](const std::string& from) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(from.data()));
  };
  return {bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

std::vector<nghttp2_nv> borrow(const Fields& fields) {
  std::vector<nghttp2_nv> borrowed;
  borrowed.reserve(fields.size());
  for (const Field& field : fields) borrowed.push_back(borrow(field));
  return borrowed;
}

// The body of one stream on its way out.
struct Outgoing {
  std::string bytes;
  std::size_t sent = 0;
  bool finished = false;
  bool paused = false;  // nghttp2 found nothing and waits to be told of more
  Fields trailers;

  [[nodiscard]] std::size_t unsent() const { return bytes.size() - sent; }
};

// A head that is being received.
struct Incoming {
  Fields fields;
  std::size_t bytes = 0;
};

}  // namespace

const std::string* find(const Fields& fields, std::string_view lower_case_name) {
  const auto found = std::ranges::find(fields, lower_case_name, &Field::name);
  return found == fields.end() ? nullptr : &found->value;
}

struct Session::Impl {
  Impl(Side own_side, const Limits& own_limits, Events& listener)
      : side(own_side), limits(own_limits), events(listener) {}

  const Side side;
  const Limits limits;
  Events& events;
  nghttp2_session* session = nullptr;
  std::unordered_map<StreamId, Outgoing> outgoing;
  Incoming incoming;      // heads arrive one after the other
  std::string problem;    // nghttp2's words for the last thing that it disliked
  std::string violation;  // set when that was the end of the connection

  void start();
  void submit_settings();
  int add_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void frame_received(const nghttp2_frame& frame);
  void frame_sent(const nghttp2_frame& frame);
  ssize_t read_body(StreamId id, std::uint8_t* into, std::size_t room, std::uint32_t& flags);
  void end_body(StreamId id, Outgoing& body, std::uint32_t& flags);
  nghttp2_data_provider body_source();

  // nghttp2's C callbacks; `user` is the Impl.
  static Impl& of(void* user) { return *static_cast<Impl*>(user); }
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame*, void* user);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user);
  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_data(nghttp2_session* session, std::uint8_t, StreamId id, const std::uint8_t* bytes,
                     std::size_t size, void* user);
  static int on_stream_close(nghttp2_session*, StreamId id, std::uint32_t reason, void* user);
  static int on_problem(nghttp2_session*, int, const char* words, std::size_t size, void* user);
  static ssize_t on_read(nghttp2_session*, StreamId id, std::uint8_t* into, std::size_t room,
                         std::uint32_t* flags, nghttp2_data_source*, void* user);
};

int Session::Impl::on_begin_headers(nghttp2_session*, const nghttp2_frame*, void* user) {
  of(user).incoming = {};
  return 0;
}

int Session::Impl::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                             std::size_t name_size, const std::uint8_t* value,
                             std::size_t value_size, std::uint8_t, void* user) {
  return of(user).add_field(*frame, text(name, name_size), text(value, value_size));
}

int Session::Impl::on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  of(user).frame_received(*frame);
  return 0;
}

int Session::Impl::on_frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  of(user).frame_sent(*frame);
  return 0;
}

int Session::Impl::on_data(nghttp2_session* session, std::uint8_t, StreamId id,
                           const std::uint8_t* bytes, std::size_t size, void* user) {
  if (nghttp2_session_consume_connection(session, size) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
  of(user).events.on_body(id, text(bytes, size));
  return 0;
}

int Session::Impl::on_stream_close(nghttp2_session*, StreamId id, std::uint32_t reason,
                                   void* user) {
  of(user).outgoing.erase(id);
  of(user).events.on_closed(id, static_cast<ErrorCode>(reason));
  return 0;
}

int Session::Impl::on_problem(nghttp2_session*, int, const char* words, std::size_t size,
                              void* user) {
  of(user).problem.assign(words, size);
  return 0;
}

ssize_t Session::Impl::on_read(nghttp2_session*, StreamId id, std::uint8_t* into, std::size_t room,
                               std::uint32_t* flags, nghttp2_data_source*, void* user) {
  return of(user).read_body(id, into, room, *flags);
}

void Session::Impl::start() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  MORTISE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  MORTISE_CHECK(nghttp2_option_new(&options) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_session_callbacks_set_error_callback2(callbacks, on_problem);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  const auto make =
      side == Side::client ? nghttp2_session_client_new2 : nghttp2_session_server_new2;
  MORTISE_CHECK(make(&session, callbacks, this, options) == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  submit_settings();
}

void Session::Impl::submit_settings() {
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes)},
  };
  if (side == Side::client) {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams});
  }
  MORTISE_CHECK(
      nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  MORTISE_CHECK(
      nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) == 0);
}

int Session::Impl::add_field(const nghttp2_frame& frame, std::string_view name,
                             std::string_view value) {
  incoming.bytes += name.size() + value.size() + kFieldOverhead;
  if (incoming.bytes > limits.header_bytes) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                              NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  incoming.fields.push_back({std::string(name), std::string(value)});
  return 0;
}

void Session::Impl::frame_received(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS: {
      const std::string* status = find(incoming.fields, ":status");
      if (status != nullptr && status->starts_with('1')) break;  // interim: the answer follows
      events.on_headers(frame.hd.stream_id, std::exchange(incoming, {}).fields, last);
      break;
    }
    case NGHTTP2_DATA:
      if (last) events.on_end(frame.hd.stream_id);
      break;
    case NGHTTP2_GOAWAY:
      events.on_goaway(static_cast<ErrorCode>(frame.goaway.error_code));
      break;
    default:
      break;
  }
}

void Session::Impl::frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR) {
    violation = nghttp2_http2_strerror(frame.goaway.error_code);
    if (!problem.empty()) violation += fmt::format(" ({})", problem);
    return;
  }
  const bool answer = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  const bool last = answer && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (side == Side::client || !last) return;
  // The answer is complete: a client that still sends may stop (RFC 9113 8.1).
  if (nghttp2_session_get_stream_remote_close(session, frame.hd.stream_id) == 0) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_NO_ERROR);
  }
}

ssize_t Session::Impl::read_body(StreamId id, std::uint8_t* into, std::size_t room,
                                 std::uint32_t& flags) {
  const auto found = outgoing.find(id);
  if (found == outgoing.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  Outgoing& body = found->second;
  const std::size_t count = std::min(room, body.unsent());
  if (count == 0 && !body.finished) {
    body.paused = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  std::memcpy(into, body.bytes.data() + body.sent, count);
  body.sent += count;
  if (body.unsent() == 0) {
    body.bytes.clear();
    if (body.bytes.capacity() > kCompactBytes) body.bytes.shrink_to_fit();
    body.sent = 0;
    if (body.finished) end_body(id, body, flags);
  } else if (body.sent >= kCompactBytes) {
    body.bytes.erase(0, body.sent);
    body.sent = 0;
  }
  if (count > 0) events.on_sent(id);
  return static_cast<ssize_t>(count);
}

void Session::Impl::end_body(StreamId id, Outgoing& body, std::uint32_t& flags) {
  flags |= NGHTTP2_DATA_FLAG_EOF;
  if (body.trailers.empty()) return;
  flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const auto trailers = borrow(body.trailers);
  nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
}

nghttp2_data_provider Session::Impl::body_source() {
  return {.source = {.ptr = this}, .read_callback = on_read};
}

Session::Session(Side side, const Limits& limits, Events& events)
    : impl_(std::make_unique<Impl>(side, limits, events)) {
  impl_->start();
}

Session::~Session() { nghttp2_session_del(impl_->session); }

Result<void> Session::feed(std::string_view bytes) {
  const auto* input = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t taken = nghttp2_session_mem_recv(impl_->session, input, bytes.size());
  if (taken < 0) {
    return fail(Code::invalid,
                fmt::format("HTTP/2: {}", nghttp2_strerror(static_cast<int>(taken))));
  }
  // A peer that asks and never fetches the answers must not fill our memory with them.
  if (nghttp2_session_get_outbound_queue_size(impl_->session) > impl_->limits.queued_frames) {
    return fail(Code::exhausted, "HTTP/2: the peer does not fetch the answers to its frames");
  }
  return {};
}

void Session::take_output(std::string& into, std::size_t enough) {
  while (into.size() < enough) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(impl_->session, &bytes);
    // Out of memory is the only failure left: our callbacks never fail for good.
    MORTISE_CHECK(size >= 0);
    if (size == 0) return;
    into.append(text(bytes, static_cast<std::size_t>(size)));
  }
}

bool Session::over() const {
  return !wants_input() && nghttp2_session_want_write(impl_->session) == 0;
}

bool Session::wants_input() const { return nghttp2_session_want_read(impl_->session) != 0; }

const std::string& Session::violation() const { return impl_->violation; }

Result<StreamId> Session::open(const Fields& request) {
  const auto fields = borrow(request);
  const auto source = impl_->body_source();
  const StreamId id = nghttp2_submit_request(impl_->session, nullptr, fields.data(), fields.size(),
                                             &source, nullptr);
  if (id < 0) {
    return fail(Code::unavailable, fmt::format("open a stream: {}", nghttp2_strerror(id)));
  }
  impl_->outgoing.emplace(id, Outgoing{});
  return id;
}

void Session::respond(StreamId id, const Fields& response, bool last) {
  // on_closed has told: nobody waits for this answer.
  if (nghttp2_session_find_stream(impl_->session, id) == nullptr) return;
  const auto fields = borrow(response);
  const auto source = impl_->body_source();
  const int done = nghttp2_submit_response(impl_->session, id, fields.data(), fields.size(),
                                           last ? nullptr : &source);
  if (done == 0 && !last) impl_->outgoing.emplace(id, Outgoing{});
}

void Session::send(StreamId id, std::string_view bytes) {
  const auto found = impl_->outgoing.find(id);
  if (found == impl_->outgoing.end()) return;  // closed meanwhile
  Outgoing& body = found->second;
  MORTISE_CHECK(!body.finished);
  body.bytes.append(bytes);
  if (std::exchange(body.paused, false)) nghttp2_session_resume_data(impl_->session, id);
}

std::size_t Session::unsent(StreamId id) const {
  const auto found = impl_->outgoing.find(id);
  return found == impl_->outgoing.end() ? 0 : found->second.unsent();
}

void Session::finish(StreamId id, Fields trailers) {
  const auto found = impl_->outgoing.find(id);
  if (found == impl_->outgoing.end()) return;
  Outgoing& body = found->second;
  body.finished = true;
  body.trailers = std::move(trailers);
  if (std::exchange(body.paused, false)) nghttp2_session_resume_data(impl_->session, id);
}

void Session::reset(StreamId id, ErrorCode reason) {
  nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id,
                            static_cast<std::uint32_t>(reason));
}

void Session::consumed(StreamId id, std::size_t bytes) {
  // Fails where the stream is closed, and then nobody waits for its window.
  nghttp2_session_consume_stream(impl_->session, id, bytes);
}

void Session::ping() { nghttp2_submit_ping(impl_->session, NGHTTP2_FLAG_NONE, nullptr); }

void Session::go_away(ErrorCode reason) {
  nghttp2_session_terminate_session(impl_->session, static_cast<std::uint32_t>(reason));
}

}  // namespace mortise::wire::http2
