#include "proxy/local_reply.h"

namespace mortise::proxy {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    case 502:
      return "Bad Gateway";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

#define MORTISE_RESET_WORDS \
  "upstream connect error or disconnect/reset before headers. reset reason: "

LocalReply upstream_reset(Reset reason) {
  switch (reason) {
    case Reset::connection_failure:
      return {503, MORTISE_RESET_WORDS "connection failure"};
    case Reset::connection_termination:
      return {503, MORTISE_RESET_WORDS "connection termination"};
    case Reset::protocol_error:
      break;
  }
  return {502, MORTISE_RESET_WORDS "protocol error"};
}

#undef MORTISE_RESET_WORDS

LocalReply no_healthy_upstream() { return {503, "no healthy upstream"}; }
LocalReply bad_request() { return {400, "bad request"}; }
LocalReply head_too_large() { return {431, "request head too large"}; }
LocalReply request_timed_out() { return {408, "request timeout"}; }

std::string render(const LocalReply& reply, bool close, bool head_request) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + ' ';
  text += reason_phrase(reply.status);
  text += "\r\ncontent-type: text/plain\r\ncontent-length: " + std::to_string(reply.body.size());
  text += close ? "\r\nconnection: close\r\n\r\n" : "\r\n\r\n";
  if (!head_request) text += reply.body;
  return text;
}

}  // namespace mortise::proxy
