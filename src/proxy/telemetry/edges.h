// proxy/telemetry/edges.h — who talked to whom and how, counted by one worker. A connection looks
// its edge up once and then only adds.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/stream.h"

namespace mortise::proxy {

enum class Security : std::uint8_t { unknown, mutual_tls, plain, refused };

// Traffic that is alike in every respect but its amount (api/telemetry.proto, Edge).
struct EdgeKey {
  bool at_source = false;  // which end reports
  std::string peer_address;
  std::string peer_identity;
  std::string own_identity;
  std::string service;     // NS/NAME dialled
  std::uint16_t port = 0;  // of the server's workload
  std::string protocol = "tcp";
  Security security = Security::unknown;
  std::string why;
  std::string mode;
  std::string rule;
  std::string tls_version;
  std::string cipher;
  std::string group;
  friend auto operator<=>(const EdgeKey&, const EdgeKey&) = default;
};

// The edge as this connection proved it to be; `tls` is null for plain text.
EdgeKey established(EdgeKey edge, const io::TlsFacts* tls, std::string protocol);

struct EdgeSums {
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_closed = 0;
  std::uint64_t requests = 0;
  std::uint64_t requests_failed = 0;
  std::uint64_t bytes_sent = 0;  // towards the client (semantics T-2)
  std::uint64_t bytes_received = 0;
  friend bool operator==(const EdgeSums&, const EdgeSums&) = default;
};

class EdgeTable {
  struct Entry {
    EdgeSums sums;
    int uses = 0;
    int idle_rounds = 0;
  };

 public:
  // Keeps an edge alive; must not outlive the table.
  class Use {
   public:
    Use() = default;
    explicit Use(Entry& entry) : entry_(&entry) { ++entry.uses; }
    Use(Use&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Use& operator=(Use&& other) noexcept {
      std::swap(entry_, other.entry_);
      return *this;
    }
    ~Use() {
      if (entry_ != nullptr) --entry_->uses;
    }
    [[nodiscard]] EdgeSums& sums() const { return entry_ != nullptr ? entry_->sums : nowhere(); }
    // A second holder of the same edge.
    [[nodiscard]] Use again() const { return entry_ != nullptr ? Use(*entry_) : Use(); }

   private:
    static EdgeSums& nowhere();
    Entry* entry_ = nullptr;
  };

  explicit EdgeTable(std::size_t limit) : limit_(limit) {}

  // Past the limit, what has no entry yet is counted in `dropped()` and nowhere else.
  Use use(const EdgeKey& key);
  // The sums since the last call. Edges that nobody used for long are forgotten.
  std::vector<std::pair<EdgeKey, EdgeSums>> take();
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::size_t limit_;
  std::uint64_t dropped_ = 0;
  std::map<EdgeKey, Entry> edges_;
};

// Counts one connection on an edge for as long as it lives.
class CountedConnection {
 public:
  CountedConnection() = default;
  explicit CountedConnection(EdgeTable::Use edge) : edge_(std::move(edge)), open_(true) {
    ++edge_.sums().connections_opened;
  }
  CountedConnection(CountedConnection&& other) noexcept
      : edge_(std::move(other.edge_)), open_(std::exchange(other.open_, false)) {}
  CountedConnection& operator=(CountedConnection&& other) noexcept {
    std::swap(edge_, other.edge_);
    std::swap(open_, other.open_);
    return *this;
  }
  ~CountedConnection() {
    if (open_) ++edge_.sums().connections_closed;
  }
  [[nodiscard]] const EdgeTable::Use& edge() const { return edge_; }
  [[nodiscard]] EdgeSums& sums() const { return edge_.sums(); }

 private:
  EdgeTable::Use edge_;
  bool open_ = false;
};

}  // namespace mortise::proxy
