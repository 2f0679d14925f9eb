#include "control/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace mortise::control {

Result<DataDir> DataDir::hold(std::string path) {
  if (path.empty()) return fail(Code::invalid, "no data directory was named");
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("make " + path);
  const auto lock_path = path + "/control.lock";
  io::Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return fail_errno("open " + lock_path);
  // The kernel lets go of it however this process ends.
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno("lock " + lock_path);
    return fail(Code::conflict, "another control plane runs on " + path +
                                    ": stop it first, or use another --data-dir");
  }
  return DataDir(std::move(path), std::move(lock));
}

}  // namespace mortise::control
