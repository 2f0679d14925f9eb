// cli/lab_files.h — the manifests of deploy/lab, compiled in, so that `mortise demo lab` needs no
// file beside the program.
#pragma once

#include <span>
#include <string_view>

namespace mortise::cli {

struct EmbeddedFile {
  std::string_view name;  // "phases/strict.yaml"
  std::string_view text;
};

std::span<const EmbeddedFile> lab_files();
// The text of a file that the program itself names.
std::string_view lab_file(std::string_view name);

}  // namespace mortise::cli
