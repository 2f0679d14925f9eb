#include "runtime/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/descriptor.h"

namespace mortise::runtime {

namespace {

// Debian's headers are older than kernels that it can meet.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t kSignals = 1U << 1;
constexpr int kFirstWithRefer = 2;
constexpr int kFirstWithScopes = 6;

Result<void> allow_moving_files(int ruleset) {
  const io::Descriptor root(::open("/", O_PATH | O_CLOEXEC));
  if (!root.valid()) return fail_errno("open /");
  landlock_path_beneath_attr everywhere{};
  everywhere.allowed_access = LANDLOCK_ACCESS_FS_REFER;
  everywhere.parent_fd = root.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &everywhere, 0) != 0)
    return fail_errno("landlock rule");
  return {};
}

}  // namespace

Result<void> keep_out_of_other_programs(int newest) {
  const auto known =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  const auto version = std::min<long>(known, newest);
  // Version 1 would forbid programs to move files between folders.
  if (version < kFirstWithRefer) return {};
  // Any ruleset keeps out of others' memory. Without scopes it must be about files: making block
  // devices is nothing that a program without capabilities could do anyway.
  const bool has_scopes = version >= kFirstWithScopes;
  RulesetAttributes attributes;
  if (has_scopes) {
    attributes.scoped = kSignals;
  } else {
    attributes.files = LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER;
  }
  const auto size = has_scopes ? sizeof attributes : sizeof attributes.files;
  const io::Descriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset.valid()) return fail_errno("landlock ruleset");
  if (!has_scopes) CHECK_OK(allow_moving_files(ruleset.get()));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return fail_errno("landlock");
  return {};
}

}  // namespace mortise::runtime
