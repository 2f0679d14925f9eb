#include "manifest/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mortise::manifest {

void Report::begin_file(std::string name) {
  file_begin_ = problems_.size();
  file_ = std::move(name);
  begin_object("");
}

void Report::begin_object(std::string prefix) {
  prefix_ = std::move(prefix);
  object_.clear();
  object_problems_ = 0;
  lines_ = {};
}

void Report::problem(int line, const std::string& field, std::string message) {
  ++object_problems_;
  if (problems_.size() >= kMaxProblems) {
    ++left_out_;
    return;
  }
  // A person walks the file from top to bottom.
  const auto file_begin = problems_.begin() + static_cast<std::ptrdiff_t>(file_begin_);
  const auto place =
      std::ranges::upper_bound(file_begin, problems_.end(), line, {}, &Problem::line);
  problems_.insert(place, {file_, line, prefix_ + field, object_, std::move(message)});
}

void Report::ignored(std::string_view name, int line) {
  const auto found = std::ranges::find(ignored_, name, &Ignored::name);
  if (found != ignored_.end()) {
    ++found->count;
  } else {
    ignored_.push_back({std::string(name), file_, line, 1});
  }
}

void Report::note(std::string sentence) {
  if (std::ranges::find(notes_, sentence) == notes_.end()) notes_.push_back(std::move(sentence));
}

std::vector<Problem> Report::take_problems() {
  if (left_out_ > 0) {
    problems_.push_back({"", 0, "", "", fmt::format("{} more problems are not shown", left_out_)});
  }
  return std::move(problems_);
}

std::vector<std::string> Report::take_notes() {
  std::vector<std::string> result;
  for (const auto& field : ignored_) {
    const auto more = field.count > 1 ? fmt::format(", {} more", field.count - 1) : std::string();
    result.push_back(fmt::format("{} has no effect on one host and is ignored ({}:{}{})",
                                 field.name, field.file, field.line, more));
  }
  for (auto& sentence : notes_) result.push_back(std::move(sentence));
  return result;
}

}  // namespace mortise::manifest
