// proxy/inbound/application.h — our own workload behind one inbound connection: dialled at the
// workload's own address from 127.0.0.6, which capture lets through (semantics S-44, J-25).
#pragma once

#include "proxy/inbox.h"
#include "proxy/upstream.h"
#include "proxy/worker.h"

namespace mortise::proxy {

class Application final : public Upstream {
 public:
  Application(Worker& worker, std::uint16_t port) : worker_(worker), port_(port) {}

  // Dials at once, before it is known what the peer will say.
  io::Task<Result<void>> connect();
  // Waits for the first bytes the application sends on its own. An end of the connection counts.
  io::Task<Result<void>> first_bytes();
  // Resets what carries bytes, if anything does.
  void abort();
  // For bytes instead of requests; connect() went well before.
  [[nodiscard]] Inbox& bytes() { return *held_; }

  // For requests: the same connection for one after the other, a new one when it was closed.
  io::Task<std::expected<Route, LocalReply>> open() override;
  [[nodiscard]] bool still_allowed() const override;

  // What this connection may still do is judged by these from now on.
  void serve_peer(bool verified, EdgeTable::Use edge);

 private:
  io::Task<Result<std::unique_ptr<io::Stream>>> dial();
  [[nodiscard]] bool has_fresh_leg();

  Worker& worker_;
  std::uint16_t port_;
  std::unique_ptr<io::Stream> early_;
  std::optional<Inbox> held_;  // what was read from early_
  std::unique_ptr<Leg> leg_;
  TimePoint last_used_;
  bool verified_ = false;
  EdgeTable::Use edge_;
};

}  // namespace mortise::proxy
