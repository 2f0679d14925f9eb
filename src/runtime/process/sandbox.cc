#include "runtime/process/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/net/netns.h"
#include "runtime/process/landlock.h"
#include "runtime/process/own_root.h"

namespace mortise::runtime {

namespace {

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// Places that everybody on a host shares, made private: others' processes are not to be seen, and
// shared memory is the workload's own, as its System V segments are.
Result<void> cover_shared_places() {
  // Refused by some containers, and not understood before Linux 5.8; others' memory and
  // environment stay closed without it.
  if (::mount("proc", "/proc", "proc", kPlain, "hidepid=invisible") != 0 && errno != EPERM &&
      errno != EINVAL)
    return fail_errno("mount /proc");
  if (::mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0 &&
      errno != ENOENT)
    return fail_errno("mount /dev/shm");
  return {};
}

Result<void> mount_files(const Sandbox& sandbox) {
  // Mounts made outside later may come in; ours never go out.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return fail_errno("make mounts private");
  for (const auto& [source, place] : sandbox.binds) {
    if (::access(place.c_str(), F_OK) != 0 && errno == ENOENT) continue;  // nothing to cover
    if (::mount(source.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return fail_errno("mount " + source + " on " + place);
  }
  const auto& folder = sandbox.working_dir.empty() ? "/" : sandbox.working_dir;
  if (::chdir(folder.c_str()) != 0) return fail_errno("working directory " + folder);
  if (!sandbox.hidden.empty() &&
      ::mount("none", sandbox.hidden.c_str(), "tmpfs", MS_RDONLY | kPlain, "size=4k,mode=000") != 0)
    return fail_errno("hide " + sandbox.hidden);
  return cover_shared_places();
}

Result<void> drop_bounding_set() {
  for (int capability = 0; capability < 64; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // past the last one this kernel knows
    return fail_errno("drop capabilities");
  }
  return {};
}

Result<void> change_user(std::uint32_t uid) {
  if (::setresgid(uid, uid, uid) != 0) return fail_errno("setresgid");
  if (::setresuid(uid, uid, uid) != 0) return fail_errno("setresuid");
  // For uid 0, which keeps them across setresuid.
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return fail_errno("capset");
  return {};
}

Result<void> become(const Sandbox& sandbox) {
  // The keys of who started the mesh are not for its programs. Without keys in the kernel, or where
  // a container forbids them, there is nothing to leave.
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  if (::setgroups(0, nullptr) != 0) return fail_errno("setgroups");
  CHECK_OK(drop_bounding_set());
  if (sandbox.as_root) {
    CHECK_OK(enter_user_namespace(sandbox.uid));
    CHECK_OK(drop_bounding_set());  // a new user namespace begins with all of them
  }
  CHECK_OK(change_user(sandbox.as_root ? 0 : sandbox.uid));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs");
  return sandbox.shares_uid ? keep_out_of_other_programs() : Result<void>();
}

}  // namespace

Result<void> enter(const Sandbox& sandbox) {
  {
    TRY(const auto netns, open_netns(sandbox.netns));
    if (::setns(netns.get(), CLONE_NEWNET) != 0) return fail_errno("enter " + sandbox.netns);
  }
  if (::unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) != 0)
    return fail_errno("private namespaces");
  if (!sandbox.host_name.empty() &&
      ::sethostname(sandbox.host_name.c_str(), sandbox.host_name.size()) != 0)
    return fail_errno("host name");
  CHECK_OK(mount_files(sandbox));
  ::umask(022);
  return become(sandbox);
}

}  // namespace mortise::runtime
