#include "proxy/first_words.h"

#include <algorithm>

#include "io/race.h"
#include "wire/http1.h"

namespace mortise::proxy {
namespace {

// A line longer than this was an HTTP target or nothing that is told apart by waiting.
constexpr std::size_t kLongestFirstLine = 8 * 1024;

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

char upper(char character) {
  return character >= 'a' && character <= 'z' ? static_cast<char>(character & ~0x20) : character;
}

bool mentions_http(std::string_view line) {
  constexpr std::string_view kName = "HTTP/";
  const auto same = [](char left, char right) { return upper(left) == right; };
  return !std::ranges::search(line, kName, same).empty();
}

// Some servers still take "GET /path" without a version, and read fields after it.
bool is_versionless_request(std::string_view line) {
  return line.starts_with("GET /") || line.starts_with("GET\t/") || line.starts_with("GET http");
}

Words classify_line(std::string_view line) {
  return mentions_http(line) || is_versionless_request(line) ? Words::http : Words::other;
}

}  // namespace

Words classify(std::string_view first_bytes) {
  // Only the whole preface is HTTP/2's (RFC 9113 3.4): with fields behind its first line, a lax
  // HTTP/1 server would read it as a request.
  if (first_bytes.starts_with(kHttp2Preface)) return Words::http2;
  if (kHttp2Preface.starts_with(first_bytes)) return Words::undecided;
  // Servers skip empty lines and some skip blanks before a request line (RFC 9112 2.2).
  const auto begin = std::min(first_bytes.find_first_not_of("\r\n \t"), first_bytes.size());
  const auto bytes = first_bytes.substr(begin);
  if (bytes.empty())
    return first_bytes.size() < kLongestFirstLine ? Words::undecided : Words::other;
  if (wire::http1::guess_request(bytes) == wire::http1::Guess::http) return Words::http;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte == '\n') return classify_line(bytes.substr(0, at));
    if (byte < 0x20 && byte != '\r' && byte != '\t') return Words::other;
  }
  return bytes.size() < kLongestFirstLine ? Words::undecided : Words::http;
}

bool goes_as_bytes(Words words, Handling handling) {
  if (words == Words::http2) return handling == Handling::http2;
  return words != Words::http;
}

io::Task<Result<Words>> hear_client(io::Loop& loop, Inbox& client, Duration patience) {
  if (client.empty()) {
    CO_TRY(const std::size_t first, co_await client.fill());
    if (first == 0) co_return Words::other;  // only the server can have something to say
  }
  const TimePoint deadline = loop.now() + patience;
  for (;;) {
    const Words words = classify(client.bytes());
    if (words != Words::undecided) co_return words;
    auto got = co_await io::before(loop, deadline, client.fill());
    if (!got) co_return Words::undecided;
    if (!*got) co_return std::unexpected(std::move(*got).error());
    if (**got == 0) co_return Words::other;
  }
}

Result<io::Progress> UnlessHttp::try_read(std::span<char> into) {
  TRY(const io::Progress got, inner_.try_read(into));
  if (decided_) return got;
  seen_.append(into.data(), got.bytes);
  const Words words = classify(seen_);
  if (words == Words::undecided) return got;
  decided_ = true;
  seen_ = std::string();
  if (goes_as_bytes(words, handling_)) return got;
  return fail(Code::denied, "an HTTP request whose first line came too slowly to be read as one");
}

}  // namespace mortise::proxy
