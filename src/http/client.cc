#include "http/client.h"

#include "http/inbox.h"
#include "http/message.h"

namespace mortise::http {
namespace {

using wire::http1::ResponseHead;

// The head of the final answer, in `inbox`; how many bytes it has.
io::Task<Result<std::size_t>> receive_head(Inbox& inbox, const std::string& method,
                                           const Limits& limits, ResponseHead& head) {
  const wire::http1::Limits wire_limits{.head_bytes = limits.head_bytes};
  for (;;) {
    CO_TRY(const std::size_t size,
           wire::http1::parse_response(inbox.bytes(), wire_limits, method, head));
    if (size > 0 && head.status >= 200) co_return size;
    if (size > 0) {
      inbox.drop(size);  // interim, such as 100 Continue
      continue;
    }
    CO_TRY(const bool more, co_await inbox.fill_line(limits.head_bytes));
    if (!more) co_return fail(Code::unavailable, "the server has closed without an answer");
  }
}

Response to_response(const ResponseHead& head) {
  Response response;
  response.status = head.status;
  for (const auto& field : head.fields) response.headers.emplace_back(field.name, field.value);
  const auto* type = wire::http1::find(head.fields, "content-type");
  response.content_type = type == nullptr ? std::string_view() : type->value;
  return response;
}

}  // namespace

io::Task<Result<Response>> request(io::Stream& stream, ClientRequest request, Limits limits) {
  CO_TRY(const std::string text, encode_request(request));
  const auto written = co_await io::write_all(stream, text);
  // A server may refuse before it has read everything: its answer says more than our failed write.
  Inbox inbox(stream);
  ResponseHead head;
  const auto size = co_await receive_head(inbox, request.method, limits, head);
  if (!size) co_return std::unexpected(written ? size.error() : written.error());
  Response response = to_response(head);
  const auto framing = head.framing;  // the head's views end with the bytes below
  inbox.drop(*size);
  CO_TRY(response.body, co_await inbox.body(framing, head.content_length, limits.body_bytes));
  co_return response;
}

}  // namespace mortise::http
