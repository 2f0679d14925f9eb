#include "cli/lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mortise::cli {
namespace {

constexpr std::string_view kStatusMark = "response code: ";
// semantics X-10
constexpr std::string_view kFixedWords =
    "upstream connect error or disconnect/reset before headers";

constexpr auto kMutual = Expected::mutual;
constexpr auto kPlain = Expected::plain;
constexpr auto kBoth = Expected::per_endpoint;
constexpr auto kReset = Expected::reset;
constexpr auto kUnreachable = Expected::unreachable;

constexpr std::array<Phase, 4> kPhases = {{
    {"PERMISSIVE", "phases/permissive.yaml", "", {kMutual, kBoth, kPlain, kPlain, kPlain, kPlain}},
    {"STRICT", "phases/strict.yaml", "full", {kMutual, kBoth, kPlain, kReset, kPlain, kPlain}},
    {"DISABLED", "phases/disabled.yaml", "full", {kPlain, kBoth, kPlain, kPlain, kPlain, kPlain}},
    {"DISABLED+ISTIO_MUTUAL",
     "phases/disabled-istio-mutual.yaml",
     "full",
     {kUnreachable, kBoth, kPlain, kPlain, kPlain, kPlain}},
}};

bool is_mutual(const Call& call) {
  return call.exit_status == 0 && call.code == 200 && call.identified;
}
bool is_plain(const Call& call) {
  return call.exit_status == 0 && call.code == 200 && !call.identified;
}

// What one call shows, without its count.
std::string kind_of(const Call& call) {
  if (call.exit_status != 0) return fmt::format("{:03} ({})", call.code, call.exit_status);
  if (call.code != 200) return fmt::format("{:03}", call.code);
  return call.identified ? "200 mTLS" : "200 plain";
}

bool all(std::span<const Call> calls, bool (*holds)(const Call&)) {
  return std::all_of(calls.begin(), calls.end(), holds);
}
bool any(std::span<const Call> calls, bool (*holds)(const Call&)) {
  return std::any_of(calls.begin(), calls.end(), holds);
}

}  // namespace

Call read_call(int exit_status, std::string_view output, std::string_view caller) {
  Call call;
  call.exit_status = exit_status;
  // The last mark is curl's own: a body could hold another.
  if (const auto at = output.rfind(kStatusMark); at != output.npos) {
    const auto digits = output.substr(at + kStatusMark.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), call.code);
    output = output.substr(0, at);
  }
  const auto uri = output.find("URI=spiffe://");
  if (uri != output.npos) {
    const auto identity = output.substr(uri, output.find_first_of("\",;\n", uri) - uri);
    call.identified = identity.ends_with(fmt::format("/ns/{}/sa/sleep", caller));
  }
  call.fixed_words = output.starts_with(kFixedWords);
  return call;
}

std::string cell_text(std::span<const Call> calls) {
  std::vector<std::pair<std::string, int>> counts;
  for (const Call& call : calls) {
    const auto kind = kind_of(call);
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& count) { return count.first == kind; });
    if (known == counts.end()) {
      counts.emplace_back(kind, 1);
    } else {
      ++known->second;
    }
  }
  if (counts.empty()) return "no calls";
  if (counts.size() == 1) return counts.front().first;
  std::sort(counts.begin(), counts.end());  // "200 mTLS" before "200 plain"
  std::string text;
  for (const auto& [kind, count] : counts) {
    const bool repeats = text.starts_with("200 ") && kind.starts_with("200 ");
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : " / ", repeats ? kind.substr(4) : kind, count);
  }
  return text;
}

std::string cell_mistake(Expected expected, std::span<const Call> calls) {
  const bool enough = calls.size() >= kCallsThatReachBoth;
  switch (expected) {
    case Expected::mutual:
      return !calls.empty() && all(calls, is_mutual) ? "" : "200 mTLS";
    case Expected::plain:
      return !calls.empty() && all(calls, is_plain) ? "" : "200 plain";
    case Expected::per_endpoint: {
      const bool served =
          all(calls, [](const Call& call) { return is_mutual(call) || is_plain(call); });
      const bool both = any(calls, is_mutual) && any(calls, is_plain);
      return !calls.empty() && served && (both || !enough) ? "" : "200, some mTLS and some plain";
    }
    case Expected::reset: {
      const bool reset =
          all(calls, [](const Call& call) { return call.exit_status == 56 && call.code == 0; });
      return !calls.empty() && reset ? "" : "000 (56)";
    }
    case Expected::unreachable: {
      const bool refused = all(calls, [](const Call& call) {
        return call.exit_status == 0 && call.code == 503 && call.fixed_words;
      });
      return !calls.empty() && refused ? "" : fmt::format("503 with \"{}\"", kFixedWords);
    }
  }
  return "something this program knows";
}

std::span<const Phase> lab_phases() { return kPhases; }

}  // namespace mortise::cli
