#include "proxy/config/control_call.h"

#include "rpc/client.h"

namespace mortise::proxy {

io::Task<Result<std::string>> call_control(io::Loop& loop, io::Network& network, std::string socket,
                                           std::string method, std::string request,
                                           Duration limit) {
  CO_TRY(auto stream, co_await network.connect_unix(std::move(socket)));
  const auto channel = rpc::Channel::over(loop, std::move(stream));
  auto running = channel->run();
  running.start();
  co_return co_await channel->call(std::move(method), std::move(request), limit);
}

}  // namespace mortise::proxy
