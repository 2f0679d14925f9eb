#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace mortise::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

bool is_manifest(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<std::vector<std::string>> files_in(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (is_manifest(at->path())) found.push_back(at->path().string());
  }
  if (problem) return fail(Code::not_found, folder + ": " + problem.message());
  if (found.empty()) {
    return fail(Code::not_found, folder + ": no *.yaml, *.yml or *.json file in this folder");
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<client::SourceFile> read_from(std::istream& stream, const std::string& name,
                                     std::size_t room) {
  std::string text(room + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fail(Code::invalid, name + ": it cannot be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > room) {
    return fail(Code::exhausted,
                fmt::format("{}: more than {} MiB of manifests", name, kMostBytes >> 20));
  }
  return client::SourceFile{name, std::move(text)};
}

Result<client::SourceFile> read_one(const std::string& name, std::size_t room) {
  if (name == "-") return read_from(std::cin, name, room);
  std::ifstream file(name, std::ios::binary);
  if (!file) return fail_errno("opening " + name);
  return read_from(file, name, room);
}

}  // namespace

Result<std::vector<client::SourceFile>> read_files(const std::vector<std::string>& names) {
  std::vector<client::SourceFile> files;
  std::size_t room = kMostBytes;
  for (const auto& name : names) {
    std::error_code ignored;  // what cannot be looked at fails when it is opened
    std::vector<std::string> paths{name};
    if (fs::is_directory(name, ignored)) {
      TRY(paths, files_in(name));
    }
    for (const auto& path : paths) {
      TRY(auto file, read_one(path, room));
      room -= file.text.size();
      files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace mortise::cli
