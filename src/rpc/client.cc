#include "rpc/client.h"

#include <fmt/format.h>

#include "io/race.h"
#include "rpc/connection.h"
#include "rpc/metadata.h"

namespace mortise::rpc {
namespace {

class Call final : public ClientCall {
 public:
  explicit Call(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  io::Task<Result<void>> write(std::string message) override {
    return exchange_->write(std::move(message));
  }
  void finish_writing() override { exchange_->finish_writing(); }
  io::Task<Result<std::optional<std::string>>> read() override;

 private:
  std::unique_ptr<Exchange> exchange_;
  bool head_checked_ = false;
};

io::Task<Result<std::optional<std::string>>> Call::read() {
  if (!head_checked_) {
    CO_CHECK_OK(co_await exchange_->until_head());
    if (const auto refused = refuse_response(*exchange_->head())) {
      co_return std::unexpected(to_error(*refused));
    }
    head_checked_ = true;
  }
  CO_TRY(auto message, co_await exchange_->read());
  if (message) co_return message;
  const Status status = parse_status(exchange_->trailers());
  if (!status.ok()) co_return std::unexpected(to_error(status));
  co_return std::nullopt;
}

class Http2Channel final : public Channel {
 public:
  Http2Channel(io::Loop& loop, std::unique_ptr<io::Stream> stream, const Limits& limits)
      : loop_(loop),
        stream_(std::move(stream)),
        connection_(loop, *stream_, Connection::Side::client, limits, {}) {}

  io::Task<Result<void>> run() override { return connection_.run(); }
  Result<std::unique_ptr<ClientCall>> start(std::string method) override {
    return open(method, std::nullopt);
  }
  io::Task<Result<std::string>> call(std::string method, std::string request,
                                     Duration limit) override;

 private:
  Result<std::unique_ptr<ClientCall>> open(const std::string& method,
                                           std::optional<Duration> limit);
  static io::Task<Result<std::string>> exchange_one(std::unique_ptr<ClientCall> call,
                                                    std::string request);

  io::Loop& loop_;
  std::unique_ptr<io::Stream> stream_;
  Connection connection_;
};

Result<std::unique_ptr<ClientCall>> Http2Channel::open(const std::string& method,
                                                       std::optional<Duration> limit) {
  TRY(auto exchange, connection_.open(request_fields(method, limit)));
  return std::make_unique<Call>(std::move(exchange));
}

io::Task<Result<std::string>> Http2Channel::call(std::string method, std::string request,
                                                 Duration limit) {
  CO_TRY(auto call, open(method, limit));
  auto work = exchange_one(std::move(call), std::move(request));
  auto answer = co_await io::with_deadline(loop_, limit, "the call", std::move(work));
  if (!answer) co_return std::unexpected(std::move(answer).error().during(method));
  co_return answer;
}

io::Task<Result<std::string>> Http2Channel::exchange_one(std::unique_ptr<ClientCall> call,
                                                         std::string request) {
  const auto written = co_await call->write(std::move(request));
  call->finish_writing();
  // A server may answer without reading; then its status says more than our failed write.
  CO_TRY(auto answer, co_await call->read());
  if (!answer && !written) co_return std::unexpected(written.error());
  if (!answer) co_return fail(Code::bug, "the server sent a status but no message");
  CO_TRY(const auto more, co_await call->read());
  if (more) co_return fail(Code::bug, "the server sent more than one message");
  co_return *std::move(answer);
}

}  // namespace

std::unique_ptr<Channel> Channel::over(io::Loop& loop, std::unique_ptr<io::Stream> stream,
                                       Limits limits) {
  return std::make_unique<Http2Channel>(loop, std::move(stream), limits);
}

}  // namespace mortise::rpc
