// manifest/node.h — what a YAML or JSON text says, before anybody knows what kind of object it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mortise::manifest {

struct Node {
  enum class Type : std::uint8_t { null, boolean, integer, real, text, list, map };

  Type type = Type::null;
  int line = 0;  // 1-based; of the field's name where the node is a field
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;               // of scalars of other types: as written
  std::vector<std::string> keys;  // maps only: keys[i] names items[i]
  std::vector<Node> items;

  [[nodiscard]] bool is_null() const { return type == Type::null; }
  [[nodiscard]] bool is_map() const { return type == Type::map; }
  [[nodiscard]] bool is_list() const { return type == Type::list; }
  [[nodiscard]] bool is_text() const { return type == Type::text; }
  [[nodiscard]] const Node* find(std::string_view key) const;  // null: no such field
  // Itself and everything below: nodes, and keys.
  [[nodiscard]] std::size_t size() const;
};

// "a list", for messages.
std::string_view describe(Node::Type type);

// A plain scalar gets the type that kubectl gives it (YAML 1.1 without y and n).
Node plain_scalar(std::string text, int line);
Node text_scalar(std::string text, int line);

}  // namespace mortise::manifest
