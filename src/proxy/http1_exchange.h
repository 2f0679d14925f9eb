// proxy/http1_exchange.h — one request and its answer: both directions at once, each with its own
// end (RFC 9112 9.3, 9.5). Says what became of the client's connection and of the leg.
#pragma once

#include <string>

#include "io/loop.h"
#include "proxy/ending.h"
#include "proxy/http1_body.h"
#include "proxy/limits.h"
#include "proxy/local_reply.h"
#include "proxy/telemetry/edges.h"

namespace mortise::proxy {

// What is known about a request once its head was read and rewritten.
struct Request {
  std::string method;
  std::string head;  // as the next hop sees it
  BodyCursor body{wire::http1::Framing::none, 0};
  bool http10 = false;
  bool keep_alive = true;  // the client's wish
  bool expects_continue = false;
  bool upgrade = false;
};

struct ExchangeEnd {
  enum class Client {
    keep,        // ready for its next request
    linger,      // answered; the connection ends in an orderly way
    broken,      // an answer was cut short, or the client has left: end it at once
    upgraded,    // relayed to its end
    unanswered,  // nothing was sent to it: `reply` says what to send
  };
  Client client = Client::broken;
  bool leg_reusable = false;
  bool body_read = true;  // false: the rest of the request's body is still to come
  LocalReply reply{};
};

// Borrowed, like everything below, for longer than the task.
struct ExchangeRules {
  io::Loop& loop;
  const Limits& limits;
  const Ending& ending;
};

// Sends `request` on `leg` and the answer to `client`.
io::Task<ExchangeEnd> exchange(ExchangeRules rules, Request& request, Inbox& client,
                               io::Stream& leg, EdgeSums& sums);

}  // namespace mortise::proxy
