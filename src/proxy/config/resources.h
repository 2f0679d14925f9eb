// proxy/config/resources.h — the resources a sidecar holds, by name, and the snapshots made of
// them. Lives on the control loop; snapshots go to the traffic loops.
#pragma once

#include "proxy/config/decode.h"

namespace mortise::proxy {

class Resources {
 public:
  class Next;
  // What an update would make of it, as a whole or not at all. Nothing is held differently before
  // commit(), so that Hello never claims what did not come into force.
  Result<Next> prepare(const discovery_api::Update& update) const;
  // Once the snapshot is in force.
  void commit(Next next);

  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // For Hello: what is held, so that only the difference is sent.
  [[nodiscard]] std::map<std::string, std::uint64_t> held() const;
  // Everything as it was told, for the admin interface.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Resource {
    std::uint64_t version = 0;
    // Decoded once per version; the others decode quickly and are kept as they came.
    WorkloadPtr workload;
    ServicePtr service;
    std::shared_ptr<const discovery_api::Resource> other;
    [[nodiscard]] bool in_directory() const { return other == nullptr; }
  };
  using Table = std::map<std::string, Resource, std::less<>>;
  // Workloads and services are as many as the mesh has: copied only when one of them changes.
  struct Held {
    std::shared_ptr<const Table> places = std::make_shared<Table>();
    std::shared_ptr<const Directory> directory = std::make_shared<Directory>();
    Table others;
  };

  static Result<Resource> decode(const discovery_api::Resource& from);
  static Result<std::shared_ptr<const Snapshot>> assemble(const Held& held, std::uint64_t revision);
  static void change_places(Held& held, const discovery_api::Update& update, const Table& set);

  Held held_;
  std::uint64_t revision_ = 0;
};

class Resources::Next {
 public:
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

 private:
  friend class Resources;
  Next(Held held, std::shared_ptr<const Snapshot> snapshot)
      : held_(std::move(held)), snapshot_(std::move(snapshot)) {}

  Held held_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace mortise::proxy
