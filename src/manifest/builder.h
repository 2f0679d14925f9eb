// manifest/builder.h — builds Nodes from the events of a parser, within limits: depth, nodes (an
// alias counts as often as it is used), no field twice.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "manifest/manifest.h"
#include "manifest/node.h"

namespace mortise::manifest {

// A mistake in the text itself, before objects are made of it.
struct Fault {
  int line = 0;
  std::string field;
  std::string message;
};

// How much more may be built; shared by all files of one call.
struct Budget {
  std::size_t depth;
  std::size_t nodes;
};

// Anchor 0: none. Every call answers false when building must stop; the fault says why.
class Builder {
 public:
  Builder(Budget& budget, std::vector<Fault>& faults) : budget_(budget), faults_(faults) {}

  bool open(Node::Type type, int line, std::size_t anchor);
  bool close();
  bool put(Node scalar, std::size_t anchor);
  bool alias(std::size_t anchor);
  bool fail(int line, std::string message);

  // Whether the next scalar names a field.
  [[nodiscard]] bool at_key() const;
  // What was built since the last take(); null if nothing.
  Node take();

 private:
  struct Frame {
    Node node;
    std::size_t anchor = 0;
    bool has_key = false;
    bool skip = false;  // the field was there before
    std::string key;
    int line = 0;  // of the last thing seen
    std::unordered_set<std::string> seen;
    std::vector<Node> merges;
  };

  bool set_key(const Node& scalar);
  bool add(Node node, std::size_t anchor);
  bool merge(Frame& frame);
  bool spend(int line, std::size_t nodes);
  [[nodiscard]] std::string path() const;
  void note_fault(int line, std::string message);

  Budget& budget_;
  std::vector<Fault>& faults_;
  std::vector<Frame> frames_;
  std::unordered_map<std::size_t, Node> anchors_;
  Node root_;
};

// "a.b[c/d][0]": a name that is not a plain word is put in brackets.
std::string join_field(const std::string& path, std::string_view name);
// In double quotes, cut short, for messages.
std::string quoted(std::string_view text);

}  // namespace mortise::manifest
