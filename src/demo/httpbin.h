// demo/httpbin.h — the part of httpbin that the labs need, answer for answer: a pure function from
// request to response, so that tests need no socket.
#pragma once

#include "base/random.h"
#include "http/server.h"

namespace mortise::demo {

// What to send, and how long to wait before.
struct Answer {
  http::Response response;
  Duration delay{};
};

// /headers /get /post /status/CODE /delay/SECONDS /bytes/N; anything else is 404. `random` feeds
// /bytes/N without a seed.
Answer answer_httpbin(const http::Request& request, Random& random);

// "x-forwarded-client-cert" as httpbin shows it: "X-Forwarded-Client-Cert".
std::string canonical_header_name(std::string_view name);

}  // namespace mortise::demo
