#include "proxy/admin.h"

#include <fmt/format.h>

namespace mortise::proxy {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (static_cast<unsigned char>(character) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(character));
    } else {
      out += character;
    }
  }
  return out + '"';
}

}  // namespace

io::Task<http::Response> Admin::answer(http::Request request) {
  http::Response response;
  if (request.method != "GET") {
    response.status = 405;
    response.body = R"({"error":"only GET is answered here"})";
  } else if (request.path == "/config") {
    response.body = config();
  } else if (request.path == "/stats") {
    response.body = co_await stats();
  } else {
    response.status = 404;
    response.body = R"({"error":"there are /config and /stats"})";
  }
  response.body += '\n';
  co_return response;
}

std::string Admin::config() const {
  std::string resources;
  for (const auto& [name, version] : discovery_.resources().held()) {
    if (!resources.empty()) resources += ',';
    resources += fmt::format(R"({{"name":{},"version":{}}})", quoted(name), version);
  }
  return fmt::format(R"({{"revision":{},"connected":{},"identity":{},"certificate_not_after":{},)"
                     R"("resources":[{}]}})",
                     discovery_.revision(), discovery_.connected(), quoted(identity_.id()),
                     identity_.not_after_seconds(), resources);
}

// The numbers live on the traffic loop and are read there.
io::Task<std::string> Admin::stats() {
  const auto number = ++asked_;
  worker_.loop.post([this, number] {
    auto numbers = fmt::format(R"({{"connections":{},"legs":{},"edges_dropped":{}}})",
                               worker_.connections, worker_.legs.size(), worker_.edges.dropped());
    control_.post([this, number, numbers = std::move(numbers)]() mutable {
      numbers_ = std::move(numbers);
      answered_ = number;
      counted_.pulse();
    });
  });
  // Waits without deadline: the traffic loop takes its turns or the process is lost.
  while (answered_ < number) co_await counted_.opened();
  co_return numbers_;
}

}  // namespace mortise::proxy
