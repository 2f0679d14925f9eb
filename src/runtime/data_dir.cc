#include "runtime/data_dir.h"

#include <filesystem>

#include "runtime/layout.h"

namespace mortise::runtime {

Result<void> check_data_dir(const std::string& data_dir) {
  CHECK_OK(Layout::of(data_dir));
  const std::filesystem::path path = data_dir;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  if (!std::filesystem::is_directory(path, error))
    return fail(Code::invalid, data_dir + " is not a directory");
  if (std::filesystem::is_empty(path, error)) return {};
  for (const char* const name : {"supervisor.lock", "runtime.json", "images.json", "store.db",
                                 "ca/root-key.pem", "logs/supervisor.log"})
    if (std::filesystem::exists(path / name, error)) return {};
  return fail(Code::invalid, data_dir + " holds files that are not a mesh's");
}

}  // namespace mortise::runtime
