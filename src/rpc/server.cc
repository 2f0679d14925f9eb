#include "rpc/server.h"

#include <fmt/format.h>

#include "io/scope.h"
#include "rpc/connection.h"
#include "rpc/metadata.h"

namespace mortise::rpc {
namespace {

class Call final : public ServerCall {
 public:
  explicit Call(Exchange& exchange) : exchange_(exchange) {}
  io::Task<Result<std::optional<std::string>>> read() override { return exchange_.read(); }
  io::Task<Result<void>> write(std::string message) override {
    return exchange_.write(std::move(message));
  }

 private:
  Exchange& exchange_;
};

// Three ways in which a call is decided: its method returned, the client left, time is up.
io::Task<void> run_method(io::Task<Status> method, std::optional<Status>& status,
                          io::Gate& decided) {
  status = co_await std::move(method);
  decided.open();
}

io::Task<void> await_end(io::Gate& over, io::Gate& decided) {
  co_await over.opened();
  decided.open();
}

io::Task<void> await_deadline(io::Loop& loop, Duration limit, io::Gate& decided) {
  co_await loop.sleep_for(limit);
  decided.open();
}

class Server {
 public:
  Server(io::Loop& loop, io::Stream& stream, const Methods& methods, const Limits& limits)
      : loop_(loop),
        methods_(methods),
        connection_(loop, stream, Connection::Side::server, limits,
                    [this](std::unique_ptr<Exchange> exchange) { accept(std::move(exchange)); }),
        calls_(loop) {}

  io::Task<Result<void>> run() { return connection_.run(); }

 private:
  void accept(std::unique_ptr<Exchange> exchange);
  static Result<std::optional<Duration>> limit_of(const Exchange& exchange);
  io::Task<void> serve(std::unique_ptr<Exchange> exchange, const Method& method,
                       std::optional<Duration> limit);

  io::Loop& loop_;
  const Methods& methods_;
  Connection connection_;
  io::Scope calls_;  // behind the connection: its calls leave before it
};

void Server::accept(std::unique_ptr<Exchange> exchange) {
  const auto& request = *exchange->head();
  if (const auto answer = refuse_request(request)) {
    exchange->refuse(*answer);
    return;
  }
  const std::string* path = wire::http2::find(request, ":path");
  const auto method = methods_.find(path == nullptr ? std::string_view() : *path);
  if (method == methods_.end()) {
    exchange->finish({StatusCode::unimplemented,
                      fmt::format("there is no method {}", path == nullptr ? "" : *path)});
    return;
  }
  auto limit = limit_of(*exchange);
  if (!limit) {
    exchange->finish(to_status(limit.error()));
    return;
  }
  calls_.spawn(serve(std::move(exchange), method->second, *limit));
}

Result<std::optional<Duration>> Server::limit_of(const Exchange& exchange) {
  const std::string* text = wire::http2::find(*exchange.head(), "grpc-timeout");
  if (text == nullptr) return std::nullopt;
  TRY(const Duration limit, decode_timeout(*text));
  return limit;
}

io::Task<void> Server::serve(std::unique_ptr<Exchange> exchange, const Method& method,
                             std::optional<Duration> limit) {
  Call call(*exchange);
  std::optional<Status> status;
  io::Gate decided(loop_);
  auto end = await_end(exchange->over(), decided);
  end.start();
  io::Task<void> alarm;
  if (limit) {
    alarm = await_deadline(loop_, *limit, decided);
    alarm.start();
  }
  auto work = run_method(method(call), status, decided);
  work.start();
  co_await decided.opened();  // without a deadline the method and its client decide how long
  if (!status) {
    work.cancel();
    status = Status{StatusCode::deadline_exceeded, "the call's deadline has passed"};
  }
  exchange->finish(*status);
}

}  // namespace

io::Task<Result<void>> serve(io::Loop& loop, io::Stream& stream, const Methods& methods,
                             Limits limits) {
  Server server(loop, stream, methods, limits);
  co_return co_await server.run();
}

}  // namespace mortise::rpc
