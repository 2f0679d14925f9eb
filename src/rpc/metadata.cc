#include "rpc/metadata.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace mortise::rpc {
namespace {

using wire::http2::ErrorCode;
using wire::http2::Field;
using wire::http2::Fields;
using wire::http2::find;

constexpr std::string_view kContentType = "application/grpc";
// Common servers refuse more than 8 KiB of fields altogether.
constexpr std::size_t kMessageBytes = 4096;
constexpr std::size_t kTimeoutDigits = 8;

struct Unit {
  char letter;
  Duration length;
};
constexpr std::array<Unit, 6> kUnits = {{{'n', std::chrono::nanoseconds(1)},
                                         {'u', std::chrono::microseconds(1)},
                                         {'m', std::chrono::milliseconds(1)},
                                         {'S', std::chrono::seconds(1)},
                                         {'M', std::chrono::minutes(1)},
                                         {'H', std::chrono::hours(1)}}};

std::optional<char> unescape(std::string_view two_digits) {
  unsigned value = 0;
  const auto* end = two_digits.data() + two_digits.size();
  const auto parsed = std::from_chars(two_digits.data(), end, value, 16);
  if (two_digits.size() != 2 || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return static_cast<char>(value);
}

bool is_grpc(const Fields& head) {
  const std::string* type = find(head, "content-type");
  if (type == nullptr || !type->starts_with(kContentType)) return false;
  const auto rest = std::string_view(*type).substr(kContentType.size());
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

Fields whole_answer(const Status& status) {
  Fields fields = response_fields();
  for (Field& field : trailer_fields(status)) fields.push_back(std::move(field));
  return fields;
}

StatusCode code_of_http(std::string_view status) {
  if (status == "400") return StatusCode::internal;
  if (status == "401") return StatusCode::unauthenticated;
  if (status == "403") return StatusCode::permission_denied;
  if (status == "404") return StatusCode::unimplemented;
  if (status == "429" || status == "502" || status == "503" || status == "504") {
    return StatusCode::unavailable;
  }
  return StatusCode::unknown;
}

}  // namespace

std::string encode_message(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (encoded.size() + 3 > kMessageBytes) break;
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string decode_message(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? unescape(text.substr(i + 1, 2)) : std::nullopt;
    decoded.push_back(byte.value_or(text[i]));
    if (byte) i += 2;
  }
  return decoded;
}

std::string encode_timeout(Duration limit) {
  constexpr std::int64_t kMost = 99'999'999;
  for (const Unit& unit : kUnits) {
    const auto count = limit / unit.length + (limit % unit.length > Duration::zero() ? 1 : 0);
    if (count <= kMost) return fmt::format("{}{}", std::max<std::int64_t>(count, 0), unit.letter);
  }
  return fmt::format("{}H", kMost);
}

Result<Duration> decode_timeout(std::string_view text) {
  const auto broken = [&] {
    return fail(Code::invalid, fmt::format("grpc-timeout '{}' is not a duration", text));
  };
  if (text.size() < 2 || text.size() > kTimeoutDigits + 1) return broken();
  const auto digits = text.substr(0, text.size() - 1);
  std::int64_t count = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || count < 0) {
    return broken();
  }
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    // Centuries are as good as for ever, and must not overflow.
    const auto most = std::chrono::hours(24 * 365 * 10) / unit.length;
    return unit.length * std::min<std::int64_t>(count, most);
  }
  return broken();
}

Fields request_fields(std::string_view method, std::optional<Duration> limit) {
  Fields fields = {
      {":method", "POST"},         {":scheme", "http"}, {":path", std::string(method)},
      {":authority", "localhost"}, {"te", "trailers"},  {"content-type", std::string(kContentType)},
      {"user-agent", "mortise"}};
  if (limit) fields.push_back({"grpc-timeout", encode_timeout(*limit)});
  return fields;
}

Fields response_fields() {
  return {{":status", "200"}, {"content-type", std::string(kContentType)}};
}

Fields trailer_fields(const Status& status) {
  Fields fields = {{"grpc-status", fmt::format("{}", static_cast<int>(status.code))}};
  if (!status.message.empty()) {
    fields.push_back({"grpc-message", encode_message(status.message)});
  }
  return fields;
}

std::optional<Fields> refuse_request(const Fields& request) {
  const std::string* method = find(request, ":method");
  if (method == nullptr || *method != "POST") {
    return Fields{{":status", "405"}, {"allow", "POST"}};
  }
  if (!is_grpc(request)) return Fields{{":status", "415"}};
  const std::string* encoding = find(request, "grpc-encoding");
  if (encoding != nullptr && *encoding != "identity") {
    Fields answer = whole_answer({StatusCode::unimplemented, "messages may not be compressed"});
    answer.push_back({"grpc-accept-encoding", "identity"});
    return answer;
  }
  return std::nullopt;
}

std::optional<Status> refuse_response(const Fields& response) {
  const std::string* http = find(response, ":status");
  if (http != nullptr && *http == "200" && is_grpc(response)) return std::nullopt;
  if (find(response, "grpc-status") != nullptr) return parse_status(response);
  const std::string_view said = http == nullptr ? "nothing" : std::string_view(*http);
  return Status{code_of_http(said), fmt::format("the answer is not gRPC (HTTP status {})", said)};
}

Status parse_status(const Fields& trailers) {
  const std::string* number = find(trailers, "grpc-status");
  if (number == nullptr) return {StatusCode::unknown, "the call ended without a status"};
  const std::string* message = find(trailers, "grpc-message");
  Status status{StatusCode::unknown, message == nullptr ? "" : decode_message(*message)};
  unsigned code = 0;
  const auto* end = number->data() + number->size();
  const auto parsed = std::from_chars(number->data(), end, code);
  const auto most = static_cast<unsigned>(StatusCode::unauthenticated);
  if (parsed.ec == std::errc() && parsed.ptr == end && code <= most) {
    status.code = static_cast<StatusCode>(code);
  }
  return status;
}

Status status_of_reset(ErrorCode reason) {
  switch (reason) {
    case ErrorCode::refused_stream:
      return {StatusCode::unavailable, "the peer refused the call"};
    case ErrorCode::cancel:
      return {StatusCode::cancelled, "the peer cancelled the call"};
    case ErrorCode::enhance_your_calm:
      return {StatusCode::resource_exhausted, "the peer asks for less"};
    case ErrorCode::inadequate_security:
      return {StatusCode::permission_denied, "the peer asks for a safer connection"};
    default:
      return {StatusCode::internal, fmt::format("the peer reset the call (HTTP/2 error {})",
                                                static_cast<std::uint32_t>(reason))};
  }
}

}  // namespace mortise::rpc
