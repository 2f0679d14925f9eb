// control/store/store.h — what the control plane remembers: everything above sees only this
// interface, so that an embedded database and, later, a cluster's API are the same product.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/task.h"
#include "model/meta.h"

namespace mortise::control::store {

struct StoredObject {
  model::ObjectRef ref;
  std::string content;  // canonical JSON, manifest::Object::content
  std::int64_t created_seconds = 0;
  std::uint64_t created_order = 0;
  model::Origin origin;
  friend bool operator==(const StoredObject&, const StoredObject&) = default;
};

// "NS/NAME" and what belongs to it, for workloads (JSON), service addresses (text) and settings.
using Entries = std::map<std::string, std::string>;

// Everything that is remembered, as of one revision.
struct Contents {
  std::uint64_t revision = 0;  // 0: nothing was ever committed
  std::vector<StoredObject> objects;
  Entries workloads;
  Entries addresses;
  Entries settings;
};

// One change of the mesh. Either all of it is remembered or nothing.
struct Change {
  std::vector<StoredObject> put;
  std::vector<model::ObjectRef> removed;
  Entries put_workloads;
  std::vector<std::string> removed_workloads;
  Entries put_addresses;
  std::vector<std::string> removed_addresses;
  Entries settings;

  std::int64_t seconds = 0;  // since 1970
  std::string author;
  std::string reason;
  std::string difference;  // JSON for `mtls history`; empty: no line in the history
};

struct Revision {
  std::uint64_t number = 0;
  std::int64_t seconds = 0;
  std::string author;
  std::string reason;
  std::string difference;
  friend bool operator==(const Revision&, const Revision&) = default;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual io::Task<Result<Contents>> load() = 0;
  // Makes the change durable and yields its revision, one higher than the one before. On an Error
  // nothing was changed. A caller that is cancelled does not know whether the change was made.
  virtual io::Task<Result<std::uint64_t>> commit(Change change) = 0;
  // The newest first, from below `before` (0: from the newest), at most `limit`.
  virtual io::Task<Result<std::vector<Revision>>> history(std::uint64_t before,
                                                          std::size_t limit) = 0;
};

}  // namespace mortise::control::store
