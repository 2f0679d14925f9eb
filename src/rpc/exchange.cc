#include "rpc/exchange.h"

#include <fmt/format.h>

#include "rpc/connection.h"
#include "rpc/metadata.h"

namespace mortise::rpc {
namespace {

using wire::http2::Field;
using wire::http2::Fields;

// A writer goes on while no more than this waits for the peer's window.
constexpr std::size_t kUnsentBytes = 64 * 1024;

}  // namespace

Exchange::Exchange(Connection& connection, wire::http2::StreamId id, bool started)
    : connection_(&connection),
      id_(id),
      message_bytes_(connection.limits().message_bytes),
      reader_(message_bytes_),
      started_(started),
      arrived_(connection.loop()),
      sent_(connection.loop()),
      over_(connection.loop()) {}

Exchange::~Exchange() {
  if (connection_ != nullptr) connection_->forget(*this);
}

io::Task<Result<std::optional<std::string>>> Exchange::read() {
  for (;;) {
    CO_TRY(std::optional<std::string> message, reader_.next());
    if (message) {
      give_back_window();
      co_return message;
    }
    if (peer_done_ && reader_.buffered() > 0) {
      co_return fail(Code::invalid, "the peer ended the call inside a message");
    }
    if (peer_done_) co_return std::nullopt;
    if (end_) co_return std::unexpected(*end_);
    // Somebody waits for the rest of this message: the window must not hold it back.
    if (held_ > 0) connection_->consumed(id_, std::exchange(held_, 0));
    co_await arrived_.opened();  // a stream may be silent for long; the connection's pings watch it
  }
}

void Exchange::give_back_window() {
  if (held_ <= reader_.buffered() || connection_ == nullptr) return;
  connection_->consumed(id_, held_ - reader_.buffered());
  held_ = reader_.buffered();
}

io::Task<Result<void>> Exchange::write(std::string message) {
  if (end_) co_return std::unexpected(*end_);
  if (message.size() > message_bytes_) {
    co_return fail(Code::exhausted, fmt::format("a message of {} bytes is over the limit of {}",
                                                message.size(), message_bytes_));
  }
  auto& session = connection_->session();
  if (!std::exchange(started_, true)) session.respond(id_, response_fields(), false);
  session.send(id_, wire::grpc_prefix(message.size()));
  session.send(id_, message);
  connection_->wake();
  // The peer's windows decide how long; its connection's pings watch that it is alive.
  while (!end_ && connection_->session().unsent(id_) > kUnsentBytes) co_await sent_.opened();
  if (end_) co_return std::unexpected(*end_);
  co_return Result<void>();
}

io::Task<Result<void>> Exchange::until_head() {
  // Waits without deadline: the server may think for long, the caller has the deadline of its call,
  // and the connection's pings end it when the peer is silent.
  while (!head_ && !end_) co_await arrived_.opened();
  if (!head_) co_return std::unexpected(*end_);
  co_return Result<void>();
}

void Exchange::finish_writing() {
  if (end_) return;
  connection_->session().finish(id_);
  connection_->wake();
}

void Exchange::finish(const Status& status) {
  if (complete()) return;
  finished_ = true;
  if (started_) {
    connection_->session().finish(id_, trailer_fields(status));
  } else {
    Fields answer = response_fields();
    for (Field& field : trailer_fields(status)) answer.push_back(std::move(field));
    connection_->session().respond(id_, answer, true);
  }
  connection_->wake();
}

void Exchange::refuse(const Fields& whole_answer) {
  if (complete()) return;
  finished_ = true;
  connection_->session().respond(id_, whole_answer, true);
  connection_->wake();
}

const Fields& Exchange::trailers() const {
  static const Fields kNone;
  if (trailers_) return *trailers_;
  return head_ ? *head_ : kNone;
}

void Exchange::on_headers(Fields fields, bool last) {
  (head_ ? trailers_ : head_) = std::move(fields);
  peer_done_ = peer_done_ || last;
  arrived_.pulse();
}

void Exchange::on_body(std::string_view bytes) {
  // Within the stream's window, as nothing is given back before somebody reads.
  held_ += bytes.size();
  reader_.feed(bytes);
  arrived_.pulse();
}

void Exchange::on_end() {
  peer_done_ = true;
  arrived_.pulse();
}

void Exchange::on_over(Error reason) {
  if (end_) return;
  end_ = std::move(reason);
  arrived_.pulse();
  sent_.pulse();
  over_.open();
}

void Exchange::detach(Error reason) {
  on_over(std::move(reason));
  connection_ = nullptr;
}

}  // namespace mortise::rpc
