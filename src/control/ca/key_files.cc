#include "control/ca/key_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "io/descriptor.h"

namespace mortise::control::ca {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;

Result<void> write_whole(int file, const std::string& path, const std::string& content) {
  std::size_t written = 0;
  while (written < content.size()) {
    const auto count = ::write(file, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("write " + path);
    written += static_cast<std::size_t>(count);
  }
  if (::fsync(file) != 0) return fail_errno("write " + path);
  return {};
}

}  // namespace

Result<void> make_private_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("make " + path);
  return {};
}

Result<std::optional<std::string>> read_file(const std::string& path) {
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT) return std::nullopt;
    return fail_errno("read " + path);
  }
  std::string content(kLargestFile + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const auto count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("read " + path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > kLargestFile) return fail(Code::invalid, path + ": larger than a key can be");
  }
  content.resize(size);
  return content;
}

Result<void> require_private(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail_errno("look at " + path);
  if ((status.st_mode & 077) != 0) {
    return fail(Code::denied, path + " can be read by others than its owner: run chmod 600 " +
                                  path + ", and think of who may have read it");
  }
  return {};
}

Result<void> create_private_file(const std::string& path, const std::string& content) {
  const auto draft = path + ".new";
  ::unlink(draft.c_str());  // of an earlier attempt that was cut off
  const io::Descriptor file(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return fail_errno("create " + draft);
  if (auto written = write_whole(file.get(), draft, content); !written) {
    ::unlink(draft.c_str());
    return written;
  }
  // link() instead of rename(): it fails where a file of that name exists.
  const int linked = ::link(draft.c_str(), path.c_str());
  const int error = errno;
  ::unlink(draft.c_str());
  if (linked != 0) return fail_errno("create " + path, error);
  return {};
}

}  // namespace mortise::control::ca
