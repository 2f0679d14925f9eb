// runtime/images.h — which host program stands for a container image, and where it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/workload.h"

namespace mortise::runtime {

// Any registry prefix and any tag of `name` match. In the command, {port} stands for the
// container's first port (80 if it declares none).
struct Image {
  std::string name;  // "kennethreitz/httpbin", "nginx"
  std::vector<std::string> command;
  friend bool operator==(const Image&, const Image&) = default;
};

// From `--image NAME=COMMAND`; the command is split at spaces, quotes keep words together.
Result<Image> parse_image(std::string_view text);

class Images {
 public:
  // Those built in, and `more`, which win.
  explicit Images(std::vector<Image> more);

  // What to execute for a container: its `command` and `args`, or the image's command and `args`.
  // not_found: no command and no image that we know, with the way to add one.
  Result<std::vector<std::string>> command_of(const model::Container& container) const;

 private:
  std::vector<Image> images_;
};

// The name without registry, tag and digest: "docker.io/kennethreitz/httpbin:1" -> the middle.
std::string image_name(std::string_view image);

// The file that `program` names: itself if it has a slash, else the first hit in `path`
// ("/usr/bin:/bin"). not_found: `program "foo" not found in PATH`.
Result<std::string> find_program(const std::string& program, const std::string& path);

}  // namespace mortise::runtime
