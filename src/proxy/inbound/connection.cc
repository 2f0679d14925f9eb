#include "proxy/inbound/connection.h"

#include <fmt/format.h>

namespace mortise::proxy {

InboundConnection::InboundConnection(Worker& on, io::Accepted accepted)
    : worker(on),
      peer(accepted.peer.ip),
      port(accepted.original_destination.port),
      stream(std::move(accepted.stream)),
      inbox(*stream),
      application(worker, port) {}

const InboundPort& InboundConnection::policy_now() const {
  return worker.snapshot()->inbound_port(port);
}

EdgeKey InboundConnection::key(std::string_view protocol) const {
  EdgeKey key;
  key.peer_address = peer.to_string();
  key.port = port;
  key.why = because;
  key.mode = model::to_string(policy.mode);
  key.rule = policy.because;
  if (worker.identity() != nullptr) key.own_identity = worker.identity()->id;
  return established(std::move(key), stream != nullptr ? stream->tls() : nullptr,
                     std::string(protocol));
}

EdgeTable::Use InboundConnection::count_as(std::string_view protocol) const {
  EdgeKey edge = key(protocol);
  const auto* workload = worker.snapshot()->workload_at(peer);
  if (edge.security == Security::plain && because == "plain-text" && workload != nullptr &&
      !workload->has_sidecar) {
    edge.why = policy::to_string(policy::Because::no_client_sidecar);
  }
  return worker.edges.use(edge);
}

void InboundConnection::refuse(std::string_view why, std::string_view detail) {
  EdgeKey edge = key("tcp");
  edge.why = why;
  edge.security = Security::refused;
  const CountedConnection counted(worker.edges.use(edge));
  worker.tell(fmt::format("inbound from {} to port {} refused ({}): {}", peer.to_string(), port,
                          why, detail));
  if (stream != nullptr) stream->abort();
}

io::Task<bool> application_begins(InboundConnection& connection, Duration hold) {
  Worker& worker = connection.worker;
  if (!co_await connection.application.connect()) {
    // Whoever dials next finds out again, and says it in the way the peer's protocol has for it.
    co_await worker.loop.sleep_for(worker.limits.first_byte);
    co_return false;
  }
  (void)co_await connection.application.first_bytes();  // an error shows again when it is relayed
  co_await worker.loop.sleep_for(hold);
  co_return true;
}

}  // namespace mortise::proxy
