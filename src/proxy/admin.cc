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
  std::string text;
  io::Gate read(control_);
  worker_.loop.post([this, &text, &read] {
    auto numbers = fmt::format(R"({{"connections":{},"legs":{},"edges_dropped":{}}})",
                               worker_.connections, worker_.legs.size(), worker_.edges.dropped());
    control_.post([&text, &read, numbers = std::move(numbers)]() mutable {
      text = std::move(numbers);
      read.open();
    });
  });
  // Waits without deadline: the traffic loop takes its turns or the process is lost.
  co_await read.opened();
  co_return text;
}

}  // namespace mortise::proxy
