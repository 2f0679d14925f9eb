// runtime/layout.h — where everything of one mesh is: files in its data directory, and the names
// and numbers (network namespaces, uids, addresses) that follow from the directory's path.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "runtime/uid_map.h"

namespace mortise::runtime {

// Workloads of one mesh have slots 0..kSlots-1; a slot gives the address and both uids.
inline constexpr int kSlots = 1000;  // a Linux bridge has at most 1024 ports
inline constexpr std::uint32_t kUidsBegin = 100'000'000;
inline constexpr std::uint32_t kUidsPerMesh = 4096;
inline constexpr std::uint32_t kUidsEnd = kUidsBegin + 400'000 * kUidsPerMesh;
// In a user namespace that maps fewer ids, all meshes have the same range, the highest that leaves
// out "nobody", 65534, who also stands for everybody outside.
inline constexpr std::uint32_t kUidsNeeded = 2 * kSlots;
inline constexpr std::uint32_t kUidsEndInside = 62'000;

struct UidRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

class Layout {
 public:
  // Makes the path absolute; symbolic links are followed as far as the path exists, so that two
  // spellings of a directory are one mesh. invalid: too long for the unix sockets inside.
  static Result<Layout> of(const std::string& data_dir);

  [[nodiscard]] const std::string& data_dir() const { return data_dir_; }
  [[nodiscard]] const std::string& mesh_id() const { return mesh_id_; }  // six hex digits

  [[nodiscard]] std::string control_socket() const { return data_dir_ + "/control.sock"; }
  [[nodiscard]] std::string lock_file() const { return data_dir_ + "/supervisor.lock"; }
  [[nodiscard]] std::string state_file() const { return data_dir_ + "/runtime.json"; }
  [[nodiscard]] std::string images_file() const { return data_dir_ + "/images.json"; }
  // An ordinary user's mesh (rootless.h): holds how many user ids are mapped inside it.
  [[nodiscard]] std::string rootless_file() const { return data_dir_ + "/rootless"; }
  [[nodiscard]] bool rootless() const { return rootless_; }
  [[nodiscard]] std::string logs_dir() const { return data_dir_ + "/logs"; }
  [[nodiscard]] std::string sidecars_dir() const { return data_dir_ + "/sidecars"; }
  [[nodiscard]] std::string hosts_dir() const { return data_dir_ + "/hosts"; }
  [[nodiscard]] std::string sidecar_dir(const std::string& ns, const std::string& pod) const;
  [[nodiscard]] std::string hosts_file(const std::string& ns) const;
  [[nodiscard]] std::string resolver_file(const std::string& ns) const;
  [[nodiscard]] std::string program_log(const std::string& ns, const std::string& pod) const;
  [[nodiscard]] std::string sidecar_log(const std::string& ns, const std::string& pod) const;

  // "mortise-4f2a10-": what every network namespace of this mesh begins with; rootless: with the
  // path of a folder of our own, for /run/netns is root's.
  [[nodiscard]] std::string netns_prefix() const;
  [[nodiscard]] std::string netns_dir() const { return data_dir_ + "/netns"; }  // if rootless
  [[nodiscard]] std::string switch_netns() const { return netns_prefix() + "switch"; }
  [[nodiscard]] std::string workload_netns(const std::string& ns, const std::string& pod) const;

  [[nodiscard]] std::uint32_t sidecar_uid(int slot) const;
  [[nodiscard]] std::uint32_t program_uid(int slot) const { return sidecar_uid(slot) + 1; }
  // Users that are this slot's, or this mesh's, and nobody else's on this host. Empty where uids
  // are few and shared, inside a user namespace.
  [[nodiscard]] UidRange uids_of(int slot) const;
  [[nodiscard]] UidRange uids() const;
  static IpAddress address(int slot);  // 198.18.0.2 and up

  // invalid: this user namespace maps too few ids to tell a workload's sidecar from its program.
  [[nodiscard]] Result<void> check_ids() const;
  // Whether a program may run as this uid; the error is a sentence for a person.
  [[nodiscard]] Result<void> check_program_uid(std::uint32_t uid) const;

 private:
  void choose_ids(std::uint64_t hash);

  std::string data_dir_;
  std::string mesh_id_;
  bool rootless_ = false;
  std::uint32_t ids_ = kAllIds;  // user ids from 0 on that are mapped
  std::uint32_t uid_base_ = 0;
};

// Whether a program may not run as this uid: sidecars of any mesh, and Istio's proxy (J-24).
bool is_reserved_uid(std::uint32_t uid);

}  // namespace mortise::runtime
