#include "runtime/process/listening.h"

#include <charconv>
#include <optional>
#include <vector>

namespace mortise::runtime {

namespace {

constexpr std::string_view kListen = "0A";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (fields.size() < 4) {
    const auto start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    line.remove_prefix(start);
    const auto end = line.find(' ');
    fields.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end, line.size()));
  }
  return fields;
}

std::optional<std::uint32_t> hex(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Addresses are words of four bytes as the CPU reads them: little-endian on what we support.
std::uint32_t swap_bytes(std::uint32_t word) {
  return word >> 24 | (word >> 8 & 0xff00) | (word << 8 & 0xff0000) | word << 24;
}

bool takes(std::string_view address, const IpAddress& own) {
  if (address.find_first_not_of('0') == std::string_view::npos) return true;  // any
  const auto word = hex(address.substr(address.size() - 8));
  if (!word || !own.is_v4() || swap_bytes(*word) != own.v4_value()) return false;
  return address.size() == 8 || address.starts_with("0000000000000000FFFF0000");
}

}  // namespace

std::set<std::uint16_t> listening_in(std::string_view table, const IpAddress& own) {
  std::set<std::uint16_t> ports;
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    const auto fields = fields_of(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    if (fields.size() < 4 || fields[3] != kListen) continue;
    const auto colon = fields[1].find(':');
    if (colon == std::string_view::npos || colon < 8) continue;
    const auto port = hex(fields[1].substr(colon + 1));
    if (port && *port <= 0xffff && takes(fields[1].substr(0, colon), own))
      ports.insert(static_cast<std::uint16_t>(*port));
  }
  return ports;
}

}  // namespace mortise::runtime
