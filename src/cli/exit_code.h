// cli/exit_code.h — what the exit status of `mortise` says (docs/spec/cli.md).
#pragma once

namespace mortise::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 64;
inline constexpr int kBadInput = 65;
inline constexpr int kFoundIssues = 79;

}  // namespace mortise::cli
