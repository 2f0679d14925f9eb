// proxy/http1_heads.h — a request's or an answer's head as the next hop is to see it: hop-by-hop
// fields end here, X-Forwarded-Client-Cert is removed and set only by us.
#pragma once

#include <string>
#include <string_view>

#include "wire/http1.h"

namespace mortise::proxy {

// Whether this request's Upgrade is handed on. HTTP/2 in clear text is not: its requests would
// pass unread, forged X-Forwarded-Client-Cert included (invariant 5).
bool hands_on_upgrade(const wire::http1::RequestHead& head);

// `client_cert` empty: nothing is set.
void append_request(const wire::http1::RequestHead& head, std::string_view client_cert,
                    std::string& out);

enum class Persistence { default_for_version, close, keep_alive_http10, upgrade };
void append_response(const wire::http1::ResponseHead& head, Persistence persistence,
                     std::string& out);

}  // namespace mortise::proxy
