// control/data_dir.h — the directory that is one mesh, held by one control plane at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "io/descriptor.h"

namespace mortise::control {

class DataDir {
 public:
  // Makes the directory (0700) if it is missing, and holds it until this object goes away. Another
  // control plane on the same directory is Code::conflict.
  static Result<DataDir> hold(std::string path);

  [[nodiscard]] std::string store() const { return path_ + "/store.db"; }
  [[nodiscard]] std::string ca() const { return path_ + "/ca"; }
  [[nodiscard]] std::string socket() const { return path_ + "/control.sock"; }
  [[nodiscard]] std::string sidecars() const { return path_ + "/sidecars"; }

 private:
  DataDir(std::string path, io::Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  io::Descriptor lock_;
};

}  // namespace mortise::control
