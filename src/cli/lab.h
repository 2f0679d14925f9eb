// cli/lab.h — the automatic mutual TLS lab as values: its phases, what each cell must show, and
// the verdict on what it showed. Pure, so that a wrong cell is a unit test.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mortise::cli {

// One call by curl: its exit status, and what came back.
struct Call {
  int exit_status = 0;
  int code = 0;              // HTTP status; 0: none
  bool identified = false;   // the server saw the caller's SPIFFE identity: mutual TLS
  bool fixed_words = false;  // the body is the sidecar's own "upstream connect error ..."
};

// Marks the status in curl's output: curl -s -w kStatusFormat.
inline constexpr const char* kStatusFormat = "\nresponse code: %{http_code}\n";
// `caller` is the namespace of the sleep that calls.
Call read_call(int exit_status, std::string_view output, std::string_view caller);

enum class Expected {
  mutual,        // 200, encrypted
  plain,         // 200, plain text
  per_endpoint,  // 200, encrypted by the endpoint with a sidecar and plain by the other
  reset,         // curl's exit status 56 and no answer
  unreachable,   // 503 with the sidecar's fixed words
};

// "200 mTLS", "200 mTLS 11 / plain 9", "000 (56)", "503"
std::string cell_text(std::span<const Call> calls);
// Empty if the cell shows what it must, else what it must show: "200 mTLS".
std::string cell_mistake(Expected expected, std::span<const Call> calls);

struct Pair {
  const char* from;
  const char* to;
};
inline constexpr std::array<Pair, 6> kPairs = {{{"full", "full"},
                                                {"full", "partial"},
                                                {"full", "legacy"},
                                                {"legacy", "full"},
                                                {"legacy", "partial"},
                                                {"legacy", "legacy"}}};

struct Phase {
  const char* name;
  const char* file;                           // in deploy/lab
  const char* namespace_name;                 // what it is applied to; empty: the mesh
  std::array<Expected, kPairs.size()> cells;  // in the order of kPairs
};
std::span<const Phase> lab_phases();

// Fewer calls than this may by chance reach one endpoint only.
inline constexpr std::size_t kCallsThatReachBoth = 20;

}  // namespace mortise::cli
