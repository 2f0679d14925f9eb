#include "runtime/process/terminal.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace mortise::runtime {

namespace {

// ioctl(2) as each kind of program on this machine calls it.
struct Ioctl {
  std::uint32_t architecture;
  std::uint32_t number;
};
#if defined(__x86_64__)
constexpr std::array kIoctls = {Ioctl{AUDIT_ARCH_X86_64, SYS_ioctl},
                                Ioctl{AUDIT_ARCH_X86_64, 0x40000000 + 514},  // x32
                                Ioctl{AUDIT_ARCH_I386, 54}};
#elif defined(__aarch64__)
constexpr std::array kIoctls = {Ioctl{AUDIT_ARCH_AARCH64, SYS_ioctl}, Ioctl{AUDIT_ARCH_ARM, 54}};
#else
#error "say here how this machine calls ioctl"
#endif

constexpr std::uint32_t kRequest = offsetof(seccomp_data, args) + sizeof(std::uint64_t);
constexpr std::uint32_t kTypeOnConsole = TIOCLINUX;  // its subcodes paste a selection

constexpr sock_filter load(std::uint32_t offset) {
  return {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = offset};
}
// How many instructions to leave out, if the loaded word is this one and if it is not.
constexpr sock_filter skip(std::uint32_t word, std::uint8_t if_equal, std::uint8_t if_not) {
  return {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = if_equal, .jf = if_not, .k = word};
}
constexpr sock_filter answer(std::uint32_t what) {
  return {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = what};
}

}  // namespace

Result<void> forbid_typing() {
  std::vector<sock_filter> steps;
  for (const auto& ioctl : kIoctls) {
    steps.insert(steps.end(), {load(offsetof(seccomp_data, arch)), skip(ioctl.architecture, 0, 6),
                               load(offsetof(seccomp_data, nr)), skip(ioctl.number, 0, 4),
                               load(kRequest), skip(TIOCSTI, 1, 0), skip(kTypeOnConsole, 0, 1),
                               answer(SECCOMP_RET_ERRNO | EPERM)});
  }
  steps.push_back(answer(SECCOMP_RET_ALLOW));
  const sock_fprog filter{.len = static_cast<unsigned short>(steps.size()), .filter = steps.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0 && errno != EINVAL)
    return fail_errno("forbid typing");
  return {};
}

}  // namespace mortise::runtime
