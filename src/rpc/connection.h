// rpc/connection.h — one HTTP/2 connection as coroutines: receives, transmits and watches that the
// peer is alive. Both the server and the client of rpc/ stand on it.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "io/loop.h"
#include "io/stream.h"
#include "rpc/exchange.h"
#include "rpc/server.h"
#include "wire/http2_session.h"

namespace mortise::rpc {

class Connection final : private wire::http2::Events {
 public:
  using Side = wire::http2::Session::Side;
  // A call that arrived, with the fields of its request in head().
  using Accept = std::function<void(std::unique_ptr<Exchange>)>;

  // `accept`: servers only.
  Connection(io::Loop& loop, io::Stream& stream, Side side, const Limits& limits, Accept accept);
  // Detaches the exchanges that are left. A task from run() must be gone before.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Until the connection is over. Dropping it ends every exchange and says GOAWAY if the stream
  // takes that at once.
  io::Task<Result<void>> run();

  Result<std::unique_ptr<Exchange>> open(const wire::http2::Fields& request);  // client

  // For exchanges.
  io::Loop& loop() { return loop_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  wire::http2::Session& session() { return session_; }
  void wake() { output_.pulse(); }
  void consumed(wire::http2::StreamId id, std::size_t bytes);
  void forget(Exchange& exchange);

 private:
  void on_headers(wire::http2::StreamId id, wire::http2::Fields fields, bool last) override;
  void on_body(wire::http2::StreamId id, std::string_view bytes) override;
  void on_end(wire::http2::StreamId id) override;
  void on_closed(wire::http2::StreamId id, wire::http2::ErrorCode reason) override;
  void on_goaway(wire::http2::ErrorCode reason) override;
  void on_sent(wire::http2::StreamId id) override;

  io::Task<void> receive();
  io::Task<void> transmit();
  io::Task<void> watch();
  io::Task<Result<void>> write_output();
  void accept_arrivals();
  void end(Result<void> how);
  [[nodiscard]] Result<void> verdict() const;
  [[nodiscard]] Result<void> farewell() const;
  void stop();
  Exchange* find(wire::http2::StreamId id);

  io::Loop& loop_;
  io::Stream& stream_;
  const Side side_;
  const Limits limits_;
  const Accept accept_;
  std::unordered_map<wire::http2::StreamId, Exchange*> exchanges_;
  std::vector<std::unique_ptr<Exchange>> arrivals_;  // until the bytes at hand are read
  wire::http2::Session session_;
  std::string out_;                               // what was taken from the session
  std::size_t written_ = 0;                       // prefix of `out_` that the stream took
  bool heard_ = false;                            // since the last look
  std::optional<wire::http2::ErrorCode> goaway_;  // received
  Result<void> result_;
  io::Gate output_;  // pulses when the session may have output
  io::Gate over_;
};

}  // namespace mortise::rpc
