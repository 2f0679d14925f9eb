// model/meta.h — what every object has: names, labels, age, and where it was written down.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace mortise::model {

using Labels = std::map<std::string, std::string>;

// Names an object: "Policy/full/httpbin", "MeshPolicy//default".
struct ObjectRef {
  std::string kind;
  std::string namespace_name;  // empty for cluster-scoped kinds
  std::string name;

  [[nodiscard]] std::string to_string() const { return kind + "/" + namespace_name + "/" + name; }
  friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;
};

// Where a person wrote it, for messages. Line is 1-based; 0: not known.
struct Origin {
  std::string file;
  int line = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};

struct Meta {
  ObjectRef ref;
  Labels labels;
  Labels annotations;
  // Age decides between equals: seconds since 1970 from creationTimestamp or the first apply,
  // then the order of arrival (semantics P-15, A-13, A-14; docs/spec/cli.md on file order).
  std::int64_t created_seconds = 0;
  std::uint64_t created_order = 0;
  Origin origin;

  friend bool operator==(const Meta&, const Meta&) = default;
};

// Oldest first; then by order of arrival; then by name.namespace.
bool older(const Meta& left, const Meta& right);

// Every label of `selector` is in `labels` with the same value; an empty selector matches all
//
bool selects(const Labels& selector, const Labels& labels);

}  // namespace mortise::model
