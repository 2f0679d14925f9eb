// cli/table.h — columns of text as kubectl and the mtls verbs print them: left-aligned, the last
// column unpadded, so that no line ends in spaces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mortise::cli {

class Table {
 public:
  // `gap`: spaces between columns, three for objects and two for the mtls tables.
  Table(std::vector<std::string> head, std::size_t gap);

  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string to_string() const;

 private:
  std::size_t gap_;
  std::vector<std::vector<std::string>> rows_;  // the head first
};

// "39s", "5m30s", "2h", "3d4h": the forms of kubectl's AGE column.
std::string age_words(std::int64_t seconds);

}  // namespace mortise::cli
