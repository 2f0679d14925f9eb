// http/client.h — one HTTP/1.1 request over a stream that the caller dialled.
#pragma once

#include "http/server.h"

namespace mortise::http {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, encoded
  std::string host = "localhost";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

// Sends the request and reads the whole answer; the connection is not used again.
io::Task<Result<Response>> request(io::Stream& stream, ClientRequest request, Limits limits = {});

std::string percent_encode(std::string_view text);
Result<std::string> percent_decode(std::string_view text);

}  // namespace mortise::http
