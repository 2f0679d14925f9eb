// cli/lab_strangers.h — what a mesh holds that is not the lab's, so that `demo lab` leaves the
// meshes of others alone. Pure: objects in, names out.
#pragma once

#include <string>
#include <vector>

#include "client/answers.h"

namespace mortise::cli {

// "Policy/shop/web", "MeshPolicy//default with mode STRICT"; empty: the lab may use this mesh.
// Ready for it are an empty mesh and one that an earlier lab left, whatever it was doing.
std::vector<std::string> strangers_to_lab(const std::vector<client::Object>& stored);

}  // namespace mortise::cli
