#include "control/ca/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "io/descriptor.h"

namespace mortise::control::ca {

Result<void> write_private_file(const std::string& path, const std::string& text) {
  const io::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return fail_errno("create " + path);
  for (std::size_t done = 0; done < text.size();) {
    const auto written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written < 0) return fail_errno("write " + path);
    done += static_cast<std::size_t>(written);
  }
  if (fsync(file.get()) != 0) return fail_errno("fsync " + path);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  constexpr std::size_t kLargest = 1 << 20;
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail_errno("open " + path);
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0) return fail_errno("read " + path);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kLargest) return fail(Code::exhausted, path + " is larger than 1 MiB");
  }
}

Result<void> sync_directory(const std::string& path) {
  const io::Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return fail_errno("open " + path);
  if (fsync(directory.get()) != 0) return fail_errno("fsync " + path);
  return {};
}

}  // namespace mortise::control::ca
