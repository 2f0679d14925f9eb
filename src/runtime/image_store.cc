#include "runtime/image_store.h"

#include <nlohmann/json.hpp>

#include "runtime/files.h"

namespace mortise::runtime {

namespace {

using Json = nlohmann::json;
using Commands = std::map<std::string, std::vector<std::string>>;

Result<Commands> load(const Layout& layout) {
  const auto text = read_file(layout.images_file());
  if (!text && text.error().code() == Code::not_found) return Commands{};
  if (!text) return std::unexpected(text.error());
  try {  // the library throws on a wrong type
    return Json::parse(*text).get<Commands>();
  } catch (const Json::exception& problem) {
    return fail(Code::invalid, layout.images_file() + ": " + problem.what());
  }
}

}  // namespace

Images load_images(const Layout& layout, Log& log) {
  const auto commands = load(layout);
  std::vector<Image> images;
  if (!commands) {
    log.warning(commands.error().what());
  } else {
    for (const auto& [name, command] : *commands) images.push_back({name, command});
  }
  return Images(std::move(images));
}

Result<void> add_images(const Layout& layout, const std::vector<Image>& images) {
  if (images.empty()) return {};
  TRY(auto commands, load(layout));
  for (const auto& image : images) commands[image.name] = image.command;
  CHECK_OK(make_dir(layout.data_dir(), 0711));
  return replace_file(layout.images_file(), Json(commands).dump(1) + "\n", 0600);
}

}  // namespace mortise::runtime
