// http/server.h — a small HTTP/1.1 server for our own interfaces (API, metrics, demo). Traffic of
// applications does not come here: the proxy relays it with wire/http1.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "io/network.h"

namespace mortise::http {

struct Request {
  std::string method;
  std::string path;                                          // decoded, without query
  std::map<std::string, std::string> query;                  // decoded
  std::vector<std::pair<std::string, std::string>> headers;  // as sent, in order
  std::string body;
  io::PeerCredentials peer;    // unix sockets only
  SocketAddress peer_address;  // TCP only
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string content_type = "application/json";
};

struct Limits {
  std::size_t head_bytes = 64 * 1024;
  std::size_t body_bytes = 16 << 20;
  std::size_t connections = 1000;
  Duration idle = std::chrono::seconds(60);
  Duration request = std::chrono::seconds(30);  // to receive one whole request
};

// Answers one request. A plain function or a bound member of a long-lived object.
using Handler = std::function<io::Task<Response>(Request)>;

// Accepts and serves until cancelled. Keep-alive; chunked and length-delimited bodies. `log`, where
// there is one, is told once when connections can no longer be accepted, and once when they can.
io::Task<void> serve(io::Loop& loop, io::Listener& listener, const Handler& handler, Limits limits,
                     Log* log = nullptr);

}  // namespace mortise::http
