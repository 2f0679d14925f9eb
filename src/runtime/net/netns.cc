#include "runtime/net/netns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <filesystem>

#include "base/check.h"

namespace mortise::runtime {

namespace {

constexpr const char* kFolder = "/run/netns";
constexpr const char* kOwn = "/proc/thread-self/ns/net";

// Fails with EINVAL if it is no mount point.
bool share_folder(const std::string& folder) {
  return ::mount("", folder.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0;
}

// As ip-netns(8) does it, so that both can be used side by side: a shared mount point makes new
// names visible in mount namespaces that exist already.
Result<void> ensure_folder(const std::string& folder) {
  const char* const path = folder.c_str();
  if (::mkdir(path, 0755) != 0 && errno != EEXIST) return fail_errno("mkdir " + folder);
  if (share_folder(folder)) return {};
  if (errno != EINVAL) return fail_errno("share " + folder);
  if (::mount(path, path, "none", MS_BIND | MS_REC, nullptr) != 0)
    return fail_errno("mount " + folder);
  if (!share_folder(folder)) return fail_errno("share " + folder);
  return {};
}

bool is_path(const std::string& name) { return name.find('/') != std::string::npos; }

std::string folder_of(const std::string& name) {
  return is_path(name) ? std::filesystem::path(name).parent_path().string() : kFolder;
}

}  // namespace

std::string netns_path(const std::string& name) {
  return is_path(name) ? name : std::string(kFolder) + "/" + name;
}

bool netns_exists(const std::string& name) {
  struct statfs found{};
  return ::statfs(netns_path(name).c_str(), &found) == 0 &&
         static_cast<unsigned long>(found.f_type) == NSFS_MAGIC;
}

Result<io::Descriptor> open_netns(const std::string& name) {
  io::Descriptor file(::open(netns_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno("network namespace " + name);
  return file;
}

bool netns_folder_is_mounted(const std::string& prefix) { return share_folder(folder_of(prefix)); }

Result<void> ensure_netns(const std::string& name) {
  if (netns_exists(name)) return {};
  CHECK_OK(ensure_folder(folder_of(name)));
  const auto path = netns_path(name);
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0));
  if (!file.valid()) return fail_errno("create " + path);
  const io::Descriptor home(::open(kOwn, O_RDONLY | O_CLOEXEC));
  if (!home.valid()) return fail_errno("own network namespace");
  if (::unshare(CLONE_NEWNET) != 0) return fail_errno("new network namespace");
  const int mounted = ::mount(kOwn, path.c_str(), "none", MS_BIND, nullptr);
  const int problem = errno;
  MORTISE_CHECK(::setns(home.get(), CLONE_NEWNET) == 0);
  if (mounted != 0) return fail_errno("mount " + path, problem);
  return {};
}

Result<void> name_netns(const std::string& file, const std::string& name) {
  CHECK_OK(remove_netns(name));
  CHECK_OK(ensure_folder(folder_of(name)));
  const auto path = netns_path(name);
  const io::Descriptor place(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0));
  if (!place.valid()) return fail_errno("create " + path);
  if (::mount(file.c_str(), path.c_str(), "none", MS_BIND, nullptr) != 0)
    return fail_errno("mount " + path);
  return {};
}

Result<void> remove_netns(const std::string& name) {
  const auto path = netns_path(name);
  if (::umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT)
    return fail_errno("unmount " + path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  return {};
}

std::vector<std::string> netns_names(const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(prefix), error)) {
    auto name = is_path(prefix) ? entry.path().string() : entry.path().filename().string();
    if (name.starts_with(prefix)) names.push_back(std::move(name));
  }
  return names;
}

void release_netns_mount(const std::string& prefix) {
  const auto folder = folder_of(prefix);
  std::error_code error;
  if (!std::filesystem::is_empty(folder, error) || error) return;
  // Somebody may make a namespace just now: then this fails, and the mount stays for them.
  ::umount2(folder.c_str(), 0);
}

Result<Visit> Visit::enter(const std::string& name) {
  TRY(const auto target, open_netns(name));
  io::Descriptor home(::open(kOwn, O_RDONLY | O_CLOEXEC));
  if (!home.valid()) return fail_errno("own network namespace");
  if (::setns(target.get(), CLONE_NEWNET) != 0) return fail_errno("enter " + name);
  return Visit(std::move(home));
}

Visit::~Visit() {
  // Staying would hand the wrong network to everything that follows.
  if (home_.valid()) MORTISE_CHECK(::setns(home_.get(), CLONE_NEWNET) == 0);
}

}  // namespace mortise::runtime
