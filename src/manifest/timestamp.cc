#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/manifest.h"

namespace mortise::manifest {

namespace {

// "2020-02-14T09:30:00" reads as numbers between fixed characters.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  const auto* const begin = text.data() + at;
  const auto* const end = begin + digits;
  int value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (*begin == '-' || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::chrono::sys_seconds> local_time(std::string_view text) {
  const auto year = number(text, 0, 4);
  const auto month = number(text, 5, 2);
  const auto day = number(text, 8, 2);
  const auto hour = number(text, 11, 2);
  const auto minute = number(text, 14, 2);
  const auto second = number(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)});
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

// "Z" or "+01:00", how far local time is ahead.
std::optional<std::chrono::minutes> zone(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.size() != 6 || text[3] != ':') return std::nullopt;
  const auto hours = number(text, 1, 2);
  const auto minutes = number(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead(*hours * 60 + *minutes);
  if (text[0] == '+') return ahead;
  return text[0] == '-' ? std::optional(-ahead) : std::nullopt;
}

}  // namespace

std::string timestamp(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Result<std::int64_t> parse_timestamp(std::string_view text) {  // RFC 3339 5.6
  const auto wrong = [] {
    return fail(Code::invalid, "is not a time: write it as 2020-02-14T09:30:00Z");
  };
  const auto local = local_time(text);
  if (!local) return wrong();
  auto rest = text.substr(19);
  if (rest.starts_with('.')) {
    const auto end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return wrong();
    rest.remove_prefix(end);
  }
  const auto ahead = zone(rest);
  if (!ahead) return wrong();
  return (*local - *ahead).time_since_epoch().count();
}

}  // namespace mortise::manifest
