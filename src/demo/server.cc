#include "demo/server.h"

#include <fmt/format.h>

#include <charconv>
#include <csignal>

#include "demo/httpbin.h"
#include "io/epoll_loop.h"
#include "io/os_network.h"
#include "io/signals.h"

namespace mortise::demo {
namespace {

// What every request of one server shares.
class Httpbin {
 public:
  explicit Httpbin(io::Loop& loop) : loop_(loop) {}

  io::Task<http::Response> answer(http::Request request) {
    Answer answer = answer_httpbin(request, loop_.random());
    if (answer.delay > Duration::zero()) co_await loop_.sleep_for(answer.delay);
    co_return std::move(answer.response);
  }

 private:
  io::Loop& loop_;
};

io::Task<int> stop_on_signal(io::EpollLoop& loop, io::Signals& signals) {
  const int number = co_await signals.next();
  loop.stop();
  co_return number;
}

}  // namespace

std::string usage() {
  return "usage: mortise-demo httpbin [--host ADDRESS] [--port N]\n"
         "Answers /headers /get /post /status/CODE /delay/SECONDS /bytes/N until SIGTERM.\n"
         "example: mortise-demo httpbin --host 127.0.0.1 --port 8080\n";
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "httpbin") {
    return fail(Code::invalid, "name the program to run: httpbin");
  }
  Options options;
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    if (name != "--host" && name != "--port") {
      return fail(Code::invalid, fmt::format("httpbin has no option \"{}\"", name));
    }
    if (i + 1 == arguments.size()) return fail(Code::invalid, name + " needs a value");
    const std::string& value = arguments[i + 1];
    if (name == "--host") {
      TRY(options.listen.ip, IpAddress::parse(value));
      continue;
    }
    auto& port = options.listen.port;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error != std::errc() || end != value.data() + value.size()) {
      return fail(Code::invalid, fmt::format("\"{}\" is not a port: 0 to 65535", value));
    }
  }
  return options;
}

Result<void> run(const Options& options) {
  io::EpollLoop loop(Random::from_system().next());
  TRY(auto signals, io::Signals::watch(loop, {SIGTERM, SIGINT}));
  io::OsNetwork network(loop);
  auto listener = network.listen(options.listen);
  if (!listener) return std::unexpected(listener.error().during("httpbin cannot listen"));

  Httpbin httpbin(loop);
  const http::Handler handler = [&httpbin](http::Request request) {
    return httpbin.answer(std::move(request));
  };
  auto serving = http::serve(loop, **listener, handler, http::Limits{});
  auto stopping = stop_on_signal(loop, *signals);
  fmt::print(stderr, "httpbin listens on {}\n", (*listener)->address().to_string());
  serving.start();
  stopping.start();
  loop.run();
  return {};
}

}  // namespace mortise::demo
