// runtime/image_store.h — the images a person added with --image, kept in the data directory.
#pragma once

#include "base/log.h"
#include "runtime/images.h"
#include "runtime/layout.h"

namespace mortise::runtime {

// A file that cannot be read is logged; the built-in images remain.
Images load_images(const Layout& layout, Log& log);
// Replaces those of the same name.
Result<void> add_images(const Layout& layout, const std::vector<Image>& images);

}  // namespace mortise::runtime
