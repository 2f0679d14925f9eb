// rpc/metadata.h — what gRPC writes into HTTP/2 fields: status, message and timeout, by the
// protocol description "gRPC over HTTP2".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "rpc/status.h"
#include "wire/http2_session.h"

namespace mortise::rpc {

// Percent-encodes everything but printable ASCII; cuts a long sentence so that it fits a field.
std::string encode_message(std::string_view text);
// Never fails: a broken escape stays as it is.
std::string decode_message(std::string_view text);

// "250m": at most eight digits and a unit, rounded up.
std::string encode_timeout(Duration limit);
Result<Duration> decode_timeout(std::string_view text);

wire::http2::Fields request_fields(std::string_view method, std::optional<Duration> limit);
// The head of an answer that carries messages.
wire::http2::Fields response_fields();
wire::http2::Fields trailer_fields(const Status& status);

// Why a request is not a gRPC call that we can serve: the head of the whole answer, HTTP's own
// status where the caller may not be speaking gRPC at all. Nothing where it is one.
std::optional<wire::http2::Fields> refuse_request(const wire::http2::Fields& request);
// Whether the head of an answer is gRPC's; else the status that HTTP's own stands for.
std::optional<Status> refuse_response(const wire::http2::Fields& response);
// The status in trailers, or in a head without body; `unknown` where it is missing.
Status parse_status(const wire::http2::Fields& trailers);
// What a stream that was reset says about its call.
Status status_of_reset(wire::http2::ErrorCode reason);

}  // namespace mortise::rpc
