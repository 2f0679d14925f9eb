// manifest/fields.h — reads the fields of one map, by name and type. What is read is what is known:
// whatever was not asked for by the time of done() is an unknown field.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/node.h"
#include "manifest/report.h"
#include "model/meta.h"

namespace mortise::manifest {

// A field that is null counts as absent, as in the Kubernetes API, except for find_even_null().
class Fields {
 public:
  // Anything but a map is reported and read as an empty one.
  Fields(const Node& node, std::string path, Report& report);

  // Null: not there.
  const Node* find(std::string_view name);
  const Node* find_even_null(std::string_view name);

  std::string text(std::string_view name, std::string fallback = "");
  bool flag(std::string_view name, bool fallback);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  // 1 to 65535.
  std::optional<std::uint16_t> port(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  // Keys and values checked as labels or, for annotations, keys only.
  model::Labels labels(std::string_view name);
  model::Labels annotations(std::string_view name);
  std::optional<Fields> map(std::string_view name);
  // Each element of a list, with its path.
  template <std::invocable<const Node&, const std::string&> Visit>
  void each(std::string_view name, Visit visit) {
    for (const auto& [node, path] : elements(name)) visit(*node, path);
  }
  // One of `words`, by position; an unknown word is reported with the nearest.
  std::optional<std::size_t> word(std::string_view name, std::span<const std::string_view> words);

  void require(std::string_view name);
  // Known, accepted, without effect, noted; nothing is said about empty ones.
  void ignore(std::span<const std::string_view> names);
  // Known and accepted without a word.
  void accept(std::span<const std::string_view> names);
  // Known, and an error that says why where it is given.
  void refuse(std::string_view name, std::string why);
  void done();

  void problem(std::string_view name, std::string message);
  void problem(std::string message) { report_.problem(node_.line, path_, std::move(message)); }
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int line(std::string_view name) const;
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Report& report() const { return report_; }

 private:
  std::vector<std::pair<const Node*, std::string>> elements(std::string_view name);
  model::Labels strings(std::string_view name, bool check_values);
  void wrong_type(std::string_view name, const Node& node, std::string_view wanted);

  const Node& node_;
  std::string path_;
  Report& report_;
  std::vector<std::string_view> known_;
};

}  // namespace mortise::manifest
