#include "cli/render.h"

#include "manifest/manifest.h"

namespace mortise::cli {

Result<std::string> render(std::string_view json, std::string_view format) {
  TRY(auto text, format == "yaml" ? manifest::yaml_from_json(json) : manifest::indented_json(json));
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace mortise::cli
