#include "wire/http1.h"

#include <algorithm>
#include <array>
#include <string>

#include "wire/http1_scan.h"

namespace mortise::wire::http1 {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What the fields say about the body and the connection, gathered while they are read.
struct Facts {
  std::string_view host;
  std::string_view transfer_encoding;
  std::uint64_t content_length = 0;
  int hosts = 0;
  int content_lengths = 0;
  int transfer_encodings = 0;
  bool close = false;
  bool keep_alive = false;
  bool upgrade_option = false;
  bool upgrade_field = false;
  bool expects_continue = false;
};

// Digits only: "+5", "5, 5" and "0x5" are lengths to some parsers (RFC 9112 6.3).
bool read_length(std::string_view text, std::uint64_t& length) {
  constexpr std::size_t kMaxDigits = 18;  // below 2^63, whatever is added to it later
  if (text.empty() || text.size() > kMaxDigits) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

void note_connection(std::string_view options, Facts& facts) {
  for (std::string_view option; next_element(options, option);) {
    if (equals_ignoring_case(option, "close")) facts.close = true;
    if (equals_ignoring_case(option, "keep-alive")) facts.keep_alive = true;
    if (equals_ignoring_case(option, "upgrade")) facts.upgrade_option = true;
  }
}

// The few names that matter are told apart by their length first. Null, or what is wrong.
const char* note_field(const Field& field, Facts& facts) {
  const auto is = [&](std::string_view name) { return equals_ignoring_case(field.name, name); };
  switch (field.name.size()) {
    case 4:
      if (!is("host")) break;
      if (++facts.hosts > 1) return "more than one Host";
      if (!is_authority(field.value)) return "a malformed Host";
      facts.host = field.value;
      break;
    case 6:
      if (is("expect") && equals_ignoring_case(field.value, "100-continue")) {
        facts.expects_continue = true;
      }
      break;
    case 7:
      if (is("upgrade")) facts.upgrade_field = true;
      break;
    case 10:
      if (is("connection")) note_connection(field.value, facts);
      break;
    case 14:
      if (!is("content-length")) break;
      if (++facts.content_lengths > 1) return "more than one Content-Length";
      if (!read_length(field.value, facts.content_length)) return "a malformed Content-Length";
      break;
    case 17:
      if (!is("transfer-encoding")) break;
      if (++facts.transfer_encodings > 1) return "more than one Transfer-Encoding";
      facts.transfer_encoding = field.value;
      break;
    default:
      break;
  }
  return nullptr;
}

// RFC 9112 6.1 and 6.3, without their leniency: nothing that two parsers could read differently.
const char* check_lengths(const Facts& facts, int minor_version) {
  if (facts.transfer_encodings == 0) return nullptr;
  if (facts.content_lengths > 0) return "both Content-Length and Transfer-Encoding";
  if (minor_version == 0) return "Transfer-Encoding in HTTP/1.0";
  if (!equals_ignoring_case(facts.transfer_encoding, "chunked")) {
    return "a Transfer-Encoding other than chunked";
  }
  return nullptr;
}

bool keeps_alive(const Facts& facts, int minor_version) {
  return !facts.close && (minor_version == 1 || facts.keep_alive);
}

Step read_fields(Reader& reader, std::size_t limit, std::vector<Field>& fields, Facts& facts) {
  for (;;) {
    Field field;
    bool end = false;
    const auto step = reader.field(field, end);
    if (step != Step::ok || end) return step;
    if (fields.size() == limit) return reader.bad("too many fields");
    if (const char* problem = note_field(field, facts)) return reader.bad(problem);
    fields.push_back(field);
  }
}

// The answer of both parsers: the size of the head, 0 for more, or what was wrong with it.
Result<std::size_t> outcome(Step step, const Reader& reader, std::size_t given,
                            const Limits& limits) {
  if (step == Step::ok) return reader.at;
  if (step == Step::bad) return fail(Code::invalid, reader.problem);
  if (given < limits.head_bytes) return 0U;
  return fail(Code::exhausted,
              "a head of more than " + std::to_string(limits.head_bytes) + " bytes");
}

Step check_request(Reader& reader, const Facts& facts, RequestHead& head) {
  if (const char* problem = check_lengths(facts, head.minor_version)) return reader.bad(problem);
  if (facts.hosts == 0 && head.minor_version == 1) return reader.bad("no Host");
  if (facts.hosts == 1 && head.method != "CONNECT" && !agrees_with_host(head.target, facts.host)) {
    return reader.bad("a Host that contradicts the request target");
  }
  head.content_length = facts.content_length;
  head.framing = facts.transfer_encodings > 0 ? Framing::chunked
                 : facts.content_lengths > 0  ? Framing::length
                                              : Framing::none;
  head.keep_alive = keeps_alive(facts, head.minor_version);
  // HTTP/1.0 knows neither (RFC 9110 7.8 and 10.1.1).
  head.upgrade = facts.upgrade_option && facts.upgrade_field && head.minor_version == 1;
  head.expects_continue = facts.expects_continue && head.minor_version == 1;
  return Step::ok;
}

Step request_steps(Reader& reader, const Limits& limits, RequestHead& head) {
  // One empty line left over from an earlier body is skipped (RFC 9112 2.2).
  if (reader.bytes.starts_with('\r')) {
    const auto step = reader.line_end();
    if (step != Step::ok) return step;
  }
  RequestLine line;
  auto step = read_request_line(reader, line);
  if (step != Step::ok) return step;
  head.method = line.method;
  head.target = line.target;
  head.minor_version = line.minor_version;

  Facts facts;
  step = read_fields(reader, limits.fields, head.fields, facts);
  return step == Step::ok ? check_request(reader, facts, head) : step;
}

Step read_status_line(Reader& reader, ResponseHead& head) {
  constexpr const char* kNotStatus = "not a status line of HTTP/1.0 or HTTP/1.1";
  auto step = reader.expect("HTTP/1.", kNotStatus);
  if (step != Step::ok) return step;
  const auto rest = reader.bytes.substr(reader.at, 5);  // "1 200"
  const auto digit = [&](std::size_t at) { return rest[at] >= '0' && rest[at] <= '9'; };
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (at == 1 ? rest[at] != ' ' : !digit(at)) return reader.bad(kNotStatus);
  }
  if (rest.size() < 5) return Step::more;
  head.minor_version = rest[0] - '0';
  head.status = (rest[2] - '0') * 100 + (rest[3] - '0') * 10 + (rest[4] - '0');
  if (head.minor_version > 1 || head.status < 100) return reader.bad(kNotStatus);
  reader.at += 5;
  if (reader.at_end()) return Step::more;
  // Many servers leave out the space before an empty reason.
  if (reader.bytes[reader.at] == '\r') return reader.line_end();
  if (reader.bytes[reader.at] != ' ') return reader.bad(kNotStatus);
  ++reader.at;
  return reader.rest_of_line(head.reason);
}

Step check_response(Reader& reader, const Facts& facts, std::string_view method,
                    ResponseHead& head) {
  if (const char* problem = check_lengths(facts, head.minor_version)) return reader.bad(problem);
  head.keep_alive = keeps_alive(facts, head.minor_version);

  const bool tunnel = head.status == 101 || (method == "CONNECT" && head.status / 100 == 2);
  if (tunnel) {
    head.keep_alive = false;  // what follows is not HTTP any more
    return Step::ok;
  }
  if (head.status < 200 || head.status == 204) {
    // They have no body; a peer that believes the length would wait for one (RFC 9110 8.6).
    const bool announced = facts.transfer_encodings > 0 || facts.content_length > 0;
    return announced ? reader.bad("a body announced in an answer that has none") : Step::ok;
  }
  if (method == "HEAD" || head.status == 304) return Step::ok;

  if (facts.transfer_encodings > 0) {
    head.framing = Framing::chunked;
  } else if (facts.content_lengths > 0) {
    head.framing = Framing::length;
    head.content_length = facts.content_length;
  } else {
    head.framing = Framing::until_close;
    head.keep_alive = false;
  }
  return Step::ok;
}

Step response_steps(Reader& reader, const Limits& limits, std::string_view method,
                    ResponseHead& head) {
  auto step = read_status_line(reader, head);
  if (step != Step::ok) return step;
  Facts facts;
  step = read_fields(reader, limits.fields, head.fields, facts);
  return step == Step::ok ? check_response(reader, facts, method, head) : step;
}

// An empty head that keeps the memory of its vector.
template <class Head>
void reset(Head& head) {
  auto fields = std::move(head.fields);
  fields.clear();
  head = Head();
  head.fields = std::move(fields);
}

}  // namespace

Result<std::size_t> parse_request(std::string_view bytes, const Limits& limits, RequestHead& head) {
  reset(head);
  Reader reader{.bytes = bytes.substr(0, limits.head_bytes)};
  const auto step = request_steps(reader, limits, head);
  return outcome(step, reader, bytes.size(), limits);
}

Result<std::size_t> parse_response(std::string_view bytes, const Limits& limits,
                                   std::string_view method, ResponseHead& head) {
  reset(head);
  Reader reader{.bytes = bytes.substr(0, limits.head_bytes)};
  const auto step = response_steps(reader, limits, method, head);
  return outcome(step, reader, bytes.size(), limits);
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

bool reads_as(std::string_view left, std::string_view right) {
  const auto folded = [](char c) { return c == '_' ? '-' : lower(c); };
  return std::ranges::equal(left, right, {}, folded, folded);
}

const Field* find(const std::vector<Field>& fields, std::string_view lower_case_name) {
  const auto at = std::ranges::find_if(fields, [&](const Field& field) {
    return equals_ignoring_case(field.name, lower_case_name);
  });
  return at == fields.end() ? nullptr : &*at;
}

bool is_hop_by_hop(const std::vector<Field>& fields, std::string_view name) {
  static constexpr std::array<std::string_view, 5> kAlways = {"connection", "keep-alive",
                                                              "proxy-connection", "te", "upgrade"};
  // A peer must not make us drop what the message means by listing it in Connection.
  static constexpr std::array<std::string_view, 3> kNever = {"content-length", "host",
                                                             "transfer-encoding"};
  const auto same = [&](std::string_view other) { return equals_ignoring_case(name, other); };
  if (std::ranges::any_of(kAlways, same)) return true;
  if (std::ranges::any_of(kNever, same)) return false;
  for (const auto& field : fields) {
    if (!equals_ignoring_case(field.name, "connection")) continue;
    auto options = field.value;
    for (std::string_view option; next_element(options, option);) {
      if (same(option)) return true;
    }
  }
  return false;
}

}  // namespace mortise::wire::http1
