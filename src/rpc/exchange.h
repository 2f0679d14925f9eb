// rpc/exchange.h — one HTTP/2 stream as messages in both directions: what both ends of a call have
// in common. Owned by the call; the connection borrows it and outlives it, or detaches it.
#pragma once

#include <optional>
#include <string>

#include "io/gate.h"
#include "io/task.h"
#include "rpc/status.h"
#include "wire/grpc_frame.h"
#include "wire/http2_session.h"

namespace mortise::rpc {

class Connection;

class Exchange {
 public:
  // `started`: our head is on its way (a client's request); else the first write sends it.
  Exchange(Connection& connection, wire::http2::StreamId id, bool started);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();  // resets the stream unless it is complete

  // The next message; nothing behind the peer's last. The peer may send on only as we read.
  io::Task<Result<std::optional<std::string>>> read();
  // Returns when all but a small rest of the message has left.
  io::Task<Result<void>> write(std::string message);
  // Waits for the peer's head.
  io::Task<Result<void>> until_head();

  void finish_writing();                                 // client
  void finish(const Status& status);                     // server: ends the call
  void refuse(const wire::http2::Fields& whole_answer);  // server: before anything was written

  [[nodiscard]] wire::http2::StreamId id() const { return id_; }
  [[nodiscard]] const std::optional<wire::http2::Fields>& head() const { return head_; }
  // The fields behind the messages; the head where there is nothing else.
  [[nodiscard]] const wire::http2::Fields& trailers() const;
  // The stream is gone: reset, or lost with its connection.
  [[nodiscard]] bool is_over() const { return end_.has_value(); }
  io::Gate& over() { return over_; }
  [[nodiscard]] bool complete() const { return is_over() || finished_; }

  // Told by the connection.
  void on_headers(wire::http2::Fields fields, bool last);
  void on_body(std::string_view bytes);
  void on_end();
  void on_sent() { sent_.pulse(); }
  void on_over(Error reason);
  void detach(Error reason);

 private:
  void give_back_window();

  Connection* connection_;  // null: it is gone
  const wire::http2::StreamId id_;
  const std::size_t message_bytes_;
  wire::GrpcFrameReader reader_;
  std::size_t held_ = 0;  // bytes received whose window the peer has not got back
  std::optional<wire::http2::Fields> head_;
  std::optional<wire::http2::Fields> trailers_;
  bool started_;
  bool finished_ = false;  // server: the status is on its way
  bool peer_done_ = false;
  std::optional<Error> end_;
  io::Gate arrived_;  // pulses
  io::Gate sent_;     // pulses
  io::Gate over_;
};

}  // namespace mortise::rpc
