// runtime/net/netns.h — network namespaces with names, as ip-netns(8) keeps them in /run/netns, and
// visits to them. A name with slashes is a path outside that folder. For single-threaded programs:
// a visit moves the calling thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"

namespace mortise::runtime {

std::string netns_path(const std::string& name);
bool netns_exists(const std::string& name);
// Gives the namespace behind `file` (a path below /proc) this name, in place of what had it.
Result<void> name_netns(const std::string& file, const std::string& name);
Result<io::Descriptor> open_netns(const std::string& name);
// Whether the folder of such names is a mount point, as ensure_netns() makes it.
bool netns_folder_is_mounted(const std::string& prefix);
// Makes it unless it exists.
Result<void> ensure_netns(const std::string& name);
// The name goes at once, the namespace with its last process. Not there is success.
Result<void> remove_netns(const std::string& name);
std::vector<std::string> netns_names(const std::string& prefix);
// Undoes what ensure_netns() did to the folder of such names, if no namespace is left there.
void release_netns_mount(const std::string& prefix);

// Inside another network namespace until destroyed.
class Visit {
 public:
  static Result<Visit> enter(const std::string& name);
  Visit(Visit&&) noexcept = default;
  Visit& operator=(Visit&&) = delete;
  ~Visit();

 private:
  explicit Visit(io::Descriptor home) : home_(std::move(home)) {}
  io::Descriptor home_;
};

}  // namespace mortise::runtime
