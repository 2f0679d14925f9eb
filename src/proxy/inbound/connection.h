// proxy/inbound/connection.h — one captured connection on its way through judging and serving:
// its two ends, what it was judged by, and how it is counted.
#pragma once

#include "io/network.h"
#include "proxy/first_words.h"
#include "proxy/inbound/application.h"
#include "wire/client_hello.h"

namespace mortise::proxy {

struct InboundConnection {
  InboundConnection(Worker& on, io::Accepted accepted);

  // What its port accepts now; `policy` is what it accepted when the connection was judged.
  [[nodiscard]] const InboundPort& policy_now() const;
  [[nodiscard]] Handling handling() const { return handling_of(policy.protocol); }

  // Its edge as things are: secured by `stream`, or plain because of `because`.
  [[nodiscard]] EdgeTable::Use count_as(std::string_view protocol) const;
  // A reset, and no word of the reason to the peer (S-30, invariant 7). `why` goes to telemetry,
  // both to the operator.
  void refuse(std::string_view why, std::string_view detail);

  Worker& worker;
  const IpAddress peer;
  const std::uint16_t port;
  std::unique_ptr<io::Stream> stream;  // null once a handshake failed
  std::optional<UnlessHttp> guard;     // in front of `stream` while `inbox` reads through it
  Inbox inbox;
  Application application;
  InboundPort policy;
  wire::ClientHello hello;
  std::string_view because;  // why it is plain; empty for mesh TLS

 private:
  [[nodiscard]] EdgeKey key(std::string_view protocol) const;
};

// The application spoke first, or ended, and the peer stayed silent for `hold` more. False: the
// application could not be reached, and the peer stayed silent for as long as a peer may.
io::Task<bool> application_begins(InboundConnection& connection, Duration hold);

}  // namespace mortise::proxy
