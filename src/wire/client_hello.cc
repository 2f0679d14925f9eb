#include "wire/client_hello.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace mortise::wire {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxRecord = 16 * 1024;  // RFC 8446 5.1
constexpr std::size_t kHandshakeHeader = 4;
constexpr std::uint8_t kHandshakeRecord = 22;
constexpr char kClientHello = 1;
constexpr std::size_t kServerName = 0;
constexpr std::size_t kAlpn = 16;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// Big endian.
std::size_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | byte_at(bytes, at + i);
  return value;
}

// Takes fields off the front of a message. After the first that does not fit, all fail.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : left_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool empty() const { return left_.empty(); }

  std::size_t number(std::size_t width) {
    const auto bytes = take(width);
    return number_at(bytes, 0, bytes.size());
  }
  std::string_view take(std::size_t size) {
    if (!ok_ || size > left_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  // A vector that is preceded by its size in `width` bytes.
  std::string_view sized(std::size_t width) { return take(number(width)); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

// RFC 6066 3: one host name, which is text.
bool read_server_name(std::string_view extension, std::string& name) {
  Fields fields(extension);
  Fields list(fields.sized(2));
  const auto type = list.number(1);
  const auto host = list.sized(2);
  if (!fields.ok() || !fields.empty() || !list.ok() || !list.empty()) return false;
  if (type != 0 || host.empty() || host.size() > 255) return false;
  if (!std::ranges::all_of(host, [](char c) { return c > ' ' && c < 0x7f; })) return false;
  name = host;
  return true;
}

// RFC 7301 3.1
bool read_alpn(std::string_view extension, std::vector<std::string>& names) {
  Fields fields(extension);
  Fields list(fields.sized(2));
  if (!fields.ok() || !fields.empty() || list.empty()) return false;
  while (!list.empty()) {
    const auto name = list.sized(1);
    if (!list.ok() || name.empty()) return false;
    names.emplace_back(name);
  }
  return true;
}

bool read_extensions(std::string_view bytes, ClientHello& hello) {
  Fields fields(bytes);
  bool has_name = false;
  bool has_alpn = false;
  while (!fields.empty()) {
    const auto type = fields.number(2);
    const auto body = fields.sized(2);
    if (!fields.ok()) return false;
    if (type == kServerName) {
      if (std::exchange(has_name, true) || !read_server_name(body, hello.server_name)) return false;
    } else if (type == kAlpn) {
      if (std::exchange(has_alpn, true) || !read_alpn(body, hello.alpn)) return false;
    }
  }
  return true;
}

// The body of a ClientHello message, RFC 8446 4.1.2 and RFC 5246 7.4.1.2.
bool read_hello(std::string_view message, ClientHello& hello) {
  Fields fields(message);
  const auto version = fields.number(2);
  fields.take(32);  // random
  const auto session = fields.sized(1);
  const auto ciphers = fields.sized(2);
  const auto compressions = fields.sized(1);
  if (!fields.ok() || version >> 8 != 3 || session.size() > 32) return false;
  if (ciphers.empty() || ciphers.size() % 2 != 0 || compressions.empty()) return false;
  if (fields.empty()) return true;  // extensions are optional before TLS 1.3
  const auto extensions = fields.sized(2);
  return fields.ok() && fields.empty() && read_extensions(extensions, hello);
}

bool is_record_header(std::string_view bytes) {
  if (byte_at(bytes, 0) != kHandshakeRecord) return false;
  if (bytes.size() > 1 && byte_at(bytes, 1) != 3) return false;
  if (bytes.size() > 2 && byte_at(bytes, 2) > 4) return false;
  if (bytes.size() < kRecordHeader) return true;
  const auto size = number_at(bytes, 3, 2);
  return size > 0 && size <= kMaxRecord;
}

// Hands each record's payload, as far as it is there, to `piece` until that returns false. Copies
// nothing, so that looking again after every byte of a long message stays cheap. False: these are
// no handshake records.
template <class Piece>
bool for_each_piece(std::string_view bytes, Piece piece) {
  while (!bytes.empty()) {
    if (!is_record_header(bytes)) return false;
    if (bytes.size() < kRecordHeader) return true;
    const auto size = number_at(bytes, 3, 2);
    bytes.remove_prefix(kRecordHeader);
    if (!piece(bytes.substr(0, size))) return true;
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return true;
}

// The first handshake message. `size` counts its header and is 0 until that is there.
struct Message {
  bool possible = true;
  std::size_t size = 0;
  std::size_t available = 0;

  [[nodiscard]] bool complete() const { return size > 0 && available >= size; }
};

Message measure(std::string_view bytes) {
  Message message;
  std::array<char, kHandshakeHeader> header{};
  message.possible = for_each_piece(bytes, [&](std::string_view piece) {
    for (std::size_t i = 0; i < piece.size() && message.available + i < header.size(); ++i) {
      header[message.available + i] = piece[i];
    }
    message.available += piece.size();
    if (message.available >= header.size()) {
      message.size = header.size() + number_at({header.data(), header.size()}, 1, 3);
    }
    return !message.complete();
  });
  if (message.available > 0 && header[0] != kClientHello) message.possible = false;
  return message;
}

// The message without its header, put together from its records.
std::string assemble(std::string_view bytes, std::size_t size) {
  std::string whole;
  whole.reserve(size);
  for_each_piece(bytes, [&](std::string_view piece) {
    whole.append(piece.substr(0, size - whole.size()));
    return whole.size() < size;
  });
  return whole.substr(kHandshakeHeader);
}

ClientHello not_tls() {
  ClientHello hello;
  hello.verdict = ClientHello::Verdict::not_tls;
  return hello;
}

}  // namespace

ClientHello peek_client_hello(std::string_view bytes, std::size_t limit) {
  const auto message = measure(bytes.substr(0, limit));
  if (!message.possible || message.size > limit) return not_tls();
  if (!message.complete()) return bytes.size() >= limit ? not_tls() : ClientHello();
  ClientHello hello;
  if (!read_hello(assemble(bytes, message.size), hello)) return not_tls();
  hello.verdict = ClientHello::Verdict::tls;
  return hello;
}

bool offers_mesh_protocol(const ClientHello& hello) {
  static constexpr std::array<std::string_view, 6> kMesh = {
      "mortise/1", "istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"};
  return std::ranges::any_of(hello.alpn, [](const std::string& offered) {
    return std::ranges::find(kMesh, offered) != kMesh.end();
  });
}

}  // namespace mortise::wire
