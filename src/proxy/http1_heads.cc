#include "proxy/http1_heads.h"

#include "proxy/forwarded_client_cert.h"

namespace mortise::proxy {
namespace {

using wire::http1::equals_ignoring_case;
using wire::http1::Field;
using wire::http1::Framing;

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at) {
    if (equals_ignoring_case(text.substr(at, part.size()), part)) return true;
  }
  return false;
}

// Every field that travels end to end. Transfer-Encoding is ours to say, since the framing is;
// Content-Length and Host stay even where Connection lists them, since both decide what is read.
void append_end_to_end(const std::vector<Field>& fields, Framing framing, std::string& out) {
  for (const Field& field : fields) {
    if (is_forwarded_client_cert(field.name)) continue;
    if (equals_ignoring_case(field.name, "transfer-encoding")) continue;
    if (equals_ignoring_case(field.name, "upgrade")) continue;
    const bool framing_field = equals_ignoring_case(field.name, "content-length") ||
                               equals_ignoring_case(field.name, "host");
    if (!framing_field && wire::http1::is_hop_by_hop(fields, field.name)) continue;
    append_field(field.name, field.value, out);
  }
  if (framing == Framing::chunked) append_field("transfer-encoding", "chunked", out);
}

void append_upgrade(const std::vector<Field>& fields, std::string& out) {
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, "upgrade")) append_field(field.name, field.value, out);
  }
  append_field("connection", "upgrade", out);
}

}  // namespace

bool hands_on_upgrade(const wire::http1::RequestHead& head) {
  if (!head.upgrade || head.minor_version == 0) return false;
  for (const Field& field : head.fields) {
    if (equals_ignoring_case(field.name, "upgrade") && contains_ignoring_case(field.value, "h2c")) {
      return false;
    }
  }
  return true;
}

void append_request(const wire::http1::RequestHead& head, std::string_view client_cert,
                    std::string& out) {
  out.append(head.method).append(" ").append(head.target);
  out.append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  append_end_to_end(head.fields, head.framing, out);
  if (!client_cert.empty()) append_field(kForwardedClientCert, client_cert, out);
  if (hands_on_upgrade(head)) append_upgrade(head.fields, out);
  out.append("\r\n");
}

void append_response(const wire::http1::ResponseHead& head, Persistence persistence,
                     std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(head.reason).append("\r\n");
  append_end_to_end(head.fields, head.framing, out);
  switch (persistence) {
    case Persistence::default_for_version:
      break;
    case Persistence::close:
      append_field("connection", "close", out);
      break;
    case Persistence::keep_alive_http10:
      append_field("connection", "keep-alive", out);
      break;
    case Persistence::upgrade:
      append_upgrade(head.fields, out);
      break;
  }
  out.append("\r\n");
}

}  // namespace mortise::proxy
