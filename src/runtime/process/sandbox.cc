#include "runtime/process/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/net/netns.h"

namespace mortise::runtime {

namespace {

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
      ::mount("none", sandbox.hidden.c_str(), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "size=4k,mode=000") != 0)
    return fail_errno("hide " + sandbox.hidden);
  return {};
}

Result<void> drop_bounding_set() {
  for (int capability = 0; capability < 64; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // past the last one this kernel knows
    return fail_errno("drop capabilities");
  }
  return {};
}

Result<void> become(std::uint32_t uid) {
  CHECK_OK(drop_bounding_set());
  if (::setgroups(0, nullptr) != 0) return fail_errno("setgroups");
  if (::setresgid(uid, uid, uid) != 0) return fail_errno("setresgid");
  if (::setresuid(uid, uid, uid) != 0) return fail_errno("setresuid");
  // For uid 0, which keeps them across setresuid.
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return fail_errno("capset");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs");
  return {};
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
  return become(sandbox.uid);
}

}  // namespace mortise::runtime
