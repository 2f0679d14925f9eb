#include "runtime/layout.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/ids.h"

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
                            "allow at most {}: choose a shorter --data-dir",
                            text.size(), kLongestDataDir));
  const auto hash = hash_of(text);
  Layout layout;
  layout.data_dir_ = std::move(text);
  layout.mesh_id_ = fmt::format("{:06x}", hash & 0xffffff);
  layout.uid_base_ = kUidsBegin + static_cast<std::uint32_t>(hash % 400'000) * kUidsPerMesh;
  return layout;
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
