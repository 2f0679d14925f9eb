#include "runtime/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/ids.h"
#include "runtime/files.h"

namespace mortise::runtime {

namespace {

// A unix socket's path has at most 107 bytes; "/sidecars/NS.POD/control.sock" needs its share.
constexpr std::size_t kLongestDataDir = 60;
constexpr std::size_t kLongestNetnsName = 200;

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return hash ^ hash >> 29;
}

// Those of this process; nothing can be said where /proc is missing.
std::uint32_t own_ids() {
  const auto map = read_file("/proc/self/uid_map", 64 << 10);
  return map ? mapped_ids(*map).value_or(kAllIds) : kAllIds;
}

}  // namespace

Result<Layout> Layout::of(const std::string& data_dir) {
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(data_dir, error);
  if (error) return fail_errno("data directory " + data_dir, error.value());
  auto text = path.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  if (text.size() <= 1) return fail(Code::invalid, "the data directory cannot be /");
  if (text.size() > kLongestDataDir)
    return fail(Code::invalid,
                fmt::format("the data directory's path has {} characters; unix sockets inside it "
                            "allow at most {}",
                            text.size(), kLongestDataDir));
  const auto hash = hash_of(text);
  Layout layout;
  layout.data_dir_ = std::move(text);
  layout.mesh_id_ = fmt::format("{:06x}", hash & 0xffffff);
  layout.choose_ids(hash);
  return layout;
}

void Layout::choose_ids(std::uint64_t hash) {
  ids_ = own_ids();
  if (const auto recorded = read_file(rootless_file(), 64)) {
    rootless_ = true;
    std::from_chars(recorded->data(), recorded->data() + recorded->size(), ids_);
  }
  if (ids_ >= kUidsEnd) {
    uid_base_ = kUidsBegin + static_cast<std::uint32_t>(hash % 400'000) * kUidsPerMesh;
  } else {
    uid_base_ = std::max(std::min(ids_, kUidsEndInside), kUidsNeeded + 1) - kUidsNeeded;
  }
}

std::string Layout::netns_prefix() const {
  const auto prefix = "mortise-" + mesh_id_ + "-";
  return rootless_ ? netns_dir() + "/" + prefix : prefix;
}

Result<void> Layout::check_ids() const {
  if (ids_ > kUidsNeeded) return {};
  return fail(Code::invalid, fmt::format("this user namespace maps {} of the {} user ids that a "
                                         "mesh needs to tell sidecars from programs",
                                         ids_, kUidsNeeded + 1));
}

Result<void> Layout::check_program_uid(std::uint32_t uid) const {
  const bool is_sidecars = uid >= uid_base_ && uid < uid_base_ + kUidsNeeded;
  if (is_sidecars || is_reserved_uid(uid))
    return fail(Code::invalid,
                fmt::format("uid {} is reserved for sidecars: choose another runAsUser", uid));
  if (uid >= ids_)
    return fail(Code::invalid, fmt::format("uid {} does not exist in this user namespace, which "
                                           "maps 0 to {}: choose another runAsUser",
                                           uid, ids_ - 1));
  return {};
}

std::string Layout::sidecar_dir(const std::string& ns, const std::string& pod) const {
  return sidecars_dir() + "/" + ns + "." + pod;
}

std::string Layout::hosts_file(const std::string& ns) const { return hosts_dir() + "/" + ns; }

std::string Layout::resolver_file(const std::string& ns) const {
  return hosts_dir() + "/" + ns + ".resolv.conf";  // a namespace's name has no dot
}

std::string Layout::program_log(const std::string& ns, const std::string& pod) const {
  return logs_dir() + "/" + ns + "/" + pod + ".log";
}

std::string Layout::sidecar_log(const std::string& ns, const std::string& pod) const {
  return logs_dir() + "/" + ns + "/" + pod + ".proxy.log";
}

std::string Layout::workload_netns(const std::string& ns, const std::string& pod) const {
  auto name = netns_prefix() + ns + "-" + pod;
  if (name.size() <= kLongestNetnsName) return name;
  return name.substr(0, kLongestNetnsName) + hashed_suffix(name, 10);
}

std::uint32_t Layout::sidecar_uid(int slot) const {
  return uid_base_ + static_cast<std::uint32_t>(slot) * 2;
}

UidRange Layout::uids_of(int slot) const {
  if (uid_base_ < kUidsBegin) return {};
  return {.first = sidecar_uid(slot), .count = 2};
}

UidRange Layout::uids() const {
  if (uid_base_ < kUidsBegin) return {};
  return {.first = uid_base_, .count = kUidsPerMesh};
}

IpAddress Layout::address(int slot) {
  constexpr std::uint32_t kFirst = 198U << 24 | 18U << 16 | 2U;
  return IpAddress::v4(kFirst + static_cast<std::uint32_t>(slot));
}

bool is_reserved_uid(std::uint32_t uid) {
  return uid == 1337 || (uid >= kUidsBegin && uid < kUidsEnd);
}

}  // namespace mortise::runtime
