#include "proxy/handling.h"

namespace mortise::proxy {

Handling handling_of(model::Protocol protocol) {
  if (protocol == model::Protocol::automatic) return Handling::guess;
  if (!model::is_http(protocol)) return Handling::tcp;
  return protocol == model::Protocol::http ? Handling::http : Handling::http2;
}

}  // namespace mortise::proxy
