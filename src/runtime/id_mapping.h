// runtime/id_mapping.h — gives a new user namespace its ids: ours as 0, and the ranges that
// /etc/subuid and /etc/subgid grant as 1 and up, by newuidmap(1) and newgidmap(1).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "io/descriptor.h"
#include "runtime/runtime.h"
#include "runtime/subids.h"

namespace mortise::runtime {

// A child in the old namespace, which waits to write the maps of its parent's new one.
class Mapper {
 public:
  Mapper(pid_t child, io::Descriptor go, io::Descriptor answer)
      : child_(child), go_(std::move(go)), answer_(std::move(answer)) {}
  // Once, after the parent is in its new user namespace.
  Result<void> map_parent();

 private:
  pid_t child_;
  io::Descriptor go_;
  io::Descriptor answer_;
};

class IdMapping {
 public:
  static std::vector<Requirement> requirements();
  static Result<IdMapping> of_this_user();

  Result<Mapper> prepare() const;

 private:
  std::string newuidmap_;
  std::string newgidmap_;
  std::vector<IdRange> uids_;
  std::vector<IdRange> gids_;  // as many
};

}  // namespace mortise::runtime
