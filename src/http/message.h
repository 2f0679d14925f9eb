// http/message.h — between our values and HTTP/1.1's text: targets, escapes, status lines.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "wire/http1.h"

namespace mortise::http {

// The request without its body. Fails on a target that is neither a path nor a URL with one, and
// on a broken escape.
Result<Request> to_request(const wire::http1::RequestHead& head);

// "Not Found" for 404; empty for numbers that nobody registered.
std::string_view reason_phrase(int status);

struct Delivery {
  bool with_body = true;  // false: the answer to HEAD
  bool keep_alive = true;
  WallTime now;
};
// The bytes of a whole answer. A field that would break the framing makes it a 500 instead.
std::string encode_response(const Response& response, const Delivery& delivery);
// The bytes of a whole request, after which the connection ends.
Result<std::string> encode_request(const ClientRequest& request);

}  // namespace mortise::http
