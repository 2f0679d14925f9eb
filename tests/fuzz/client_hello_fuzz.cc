// ClientHellos: a verdict never changes when more bytes arrive, and never depends on how the
// message was cut into records.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "wire/client_hello.h"

namespace {

using mortise::wire::ClientHello;
using mortise::wire::peek_client_hello;
using Verdict = ClientHello::Verdict;

constexpr std::size_t kLimit = 4096;

void check_prefix(std::string_view bytes, std::size_t cut, const ClientHello& whole) {
  const auto part = peek_client_hello(bytes.substr(0, cut), kLimit);
  if (part.verdict == Verdict::incomplete) return;
  MORTISE_CHECK(part.verdict == whole.verdict);
  MORTISE_CHECK(part.server_name == whole.server_name && part.alpn == whole.alpn);
}

// The same message with two bytes of it in each record.
void check_other_records(std::string_view record, const ClientHello& whole) {
  const auto payload = record.substr(5);
  std::string bytes;
  for (std::size_t at = 0; at < payload.size(); at += 2) {
    const auto part = payload.substr(at, 2);
    bytes.append("\x16\x03\x01").append(1, '\0');
    bytes.append(1, static_cast<char>(part.size())).append(part);
  }
  const auto cut = peek_client_hello(bytes, kLimit * 4);
  MORTISE_CHECK(cut.verdict == whole.verdict);
  MORTISE_CHECK(cut.server_name == whole.server_name && cut.alpn == whole.alpn);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(input), size);
  const auto whole = peek_client_hello(bytes, kLimit);
  for (std::size_t cut = 0; cut < size; cut += size / 32 + 1) check_prefix(bytes, cut, whole);
  if (whole.verdict != Verdict::tls) {
    MORTISE_CHECK(whole.server_name.empty() && whole.alpn.empty());
    return 0;
  }
  MORTISE_CHECK(whole.server_name.size() <= 255);
  for (const auto& name : whole.alpn) MORTISE_CHECK(!name.empty() && name.size() <= 255);
  mortise::wire::offers_mesh_protocol(whole);
  const auto first = (std::size_t{input[3]} << 8 | input[4]) + 5;
  if (first <= size && peek_client_hello(bytes.substr(0, first), kLimit).verdict == Verdict::tls) {
    check_other_records(bytes.substr(0, first), whole);
  }
  return 0;
}
