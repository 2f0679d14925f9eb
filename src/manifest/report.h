// manifest/report.h — gathers what is wrong with, and what is ignored in, the objects of one call.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/manifest.h"

namespace mortise::manifest {

class Report {
 public:
  // Past this many problems the rest is only counted.
  static constexpr std::size_t kMaxProblems = 100;

  // Whose problems follow, until the next call.
  void begin_file(std::string name);
  void begin_object(std::string prefix);
  void name_object(std::string ref) { object_ = std::move(ref); }
  [[nodiscard]] const std::string& file() const { return file_; }

  void problem(int line, const std::string& field, std::string message);
  [[nodiscard]] bool is_full() const { return problems_.size() >= kMaxProblems; }
  // A field that is accepted and does nothing; one note per name in the end.
  void ignored(std::string_view name, int line);
  void note(std::string sentence);

  // Of the object that is being read.
  [[nodiscard]] bool has_problems() const { return object_problems_ > 0; }
  FieldLines take_lines() { return std::exchange(lines_, {}); }
  void add_line(const std::string& field, int line) { lines_.add(field, line); }

  // Ends the report.
  std::vector<Problem> take_problems();
  std::vector<std::string> take_notes();

 private:
  struct Ignored {
    std::string name;
    std::string file;
    int line;
    std::size_t count;
  };

  std::string file_;
  std::string prefix_;  // "items[3]." inside a List
  std::string object_;
  std::size_t object_problems_ = 0;
  std::size_t file_begin_ = 0;  // the first of this file's problems
  std::size_t left_out_ = 0;
  FieldLines lines_;
  std::vector<Problem> problems_;
  std::vector<Ignored> ignored_;
  std::vector<std::string> notes_;
};

}  // namespace mortise::manifest
