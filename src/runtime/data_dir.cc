#include "runtime/data_dir.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "io/descriptor.h"
#include "runtime/files.h"

namespace mortise::runtime {

namespace {

// A fresh store with its journal needs less; a mesh that can write this much gets its first steps
// done, and says clearly when the room ends later.
constexpr off_t kRoom = 512 << 10;
constexpr const char* kProbe = ".mortise-probe";

// Removes what it is told about, unless everything went well.
class Litter {
 public:
  ~Litter() {
    std::error_code nothing_can_be_done;
    for (const auto& path : paths_) std::filesystem::remove(path, nothing_can_be_done);
  }
  void add(std::string path) { paths_.insert(paths_.begin(), std::move(path)); }
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

Result<void> make_all(const std::string& path, Litter& made) {
  for (std::filesystem::path part; const auto& name : std::filesystem::path(path)) {
    part /= name;
    const int problem = ::mkdir(part.c_str(), 0755) == 0 ? 0 : errno;
    struct stat found{};
    if (problem == 0) {
      made.add(part);
    } else if (::stat(part.c_str(), &found) != 0) {
      return fail_errno("create " + part.string(), problem);
    } else if (!S_ISDIR(found.st_mode)) {
      return fail(Code::invalid, part.string() + " is not a directory");
    }
  }
  return {};
}

// Under a name of its own, since another `up` may do the same just now, and without it at once.
Result<void> try_to_write(const std::string& folder) {
  auto probe = folder + "/" + kProbe + "-XXXXXX";
  const io::Descriptor file(::mkostemp(probe.data(), O_CLOEXEC));
  if (!file.valid()) return fail_errno("write in " + folder);
  ::unlink(probe.c_str());
  // A mesh that is there already is taken over on a full disk too.
  if (::access((folder + "/store.db").c_str(), F_OK) == 0) return {};
  const int problem = ::posix_fallocate(file.get(), 0, kRoom);
  return problem == 0 ? Result<void>() : fail_errno("write in " + folder, problem);
}

Result<void> try_to_listen(const std::string& folder) {
  const auto probe = folder + "/" + kProbe + "-" + std::to_string(::getpid());
  ::unlink(probe.c_str());
  Litter litter;
  litter.add(probe);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (probe.size() >= sizeof name.sun_path) return {};  // Layout::of refuses such a path
  probe.copy(name.sun_path, sizeof name.sun_path - 1);
  const io::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("make a unix socket");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return fail_errno("make a unix socket in " + folder);
  return {};
}

// Who owns a folder may put other files in the place of ours, the authority's key among them.
Result<void> check_owner(const std::string& data_dir) {
  struct stat found{};
  if (::stat(data_dir.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return fail_errno(data_dir);
  }
  if (found.st_uid == ::geteuid()) return {};
  return fail(Code::denied, data_dir + " belongs to uid " + std::to_string(found.st_uid) +
                                ", who could replace the mesh's keys");
}

Result<void> attempt(const Layout& layout) {
  Litter made;
  const auto& data_dir = layout.data_dir();
  CHECK_OK(make_all(data_dir, made));
  CHECK_OK(check_owner(data_dir));
  // Others may pass through (their own sidecar's folder is below) but not look around.
  CHECK_OK(make_dir(data_dir, 0711, ::geteuid()));
  CHECK_OK(try_to_write(data_dir));
  CHECK_OK(try_to_listen(data_dir));
  if (::mkdir(layout.logs_dir().c_str(), 0700) == 0) made.add(layout.logs_dir());
  CHECK_OK(make_dir(layout.logs_dir(), 0700, ::geteuid()));
  made.keep();
  return {};
}

const char* remedy_for(const Error& error) {
  switch (error.code()) {
    case Code::exhausted:
      return "free some space there, or choose another place with --data-dir";
    case Code::denied:
      return "chown it to the user that runs mortise, or choose another one with --data-dir";
    default:
      return "choose another place with --data-dir";
  }
}

// What a first `up` leaves that was killed before it wrote a file of worth.
bool is_just_begun(const std::filesystem::path& data_dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(kProbe)) continue;
    if (name != "logs" || !entry.is_directory(error) ||
        !std::filesystem::is_empty(entry.path(), error))
      return false;
  }
  return !error;
}

}  // namespace

Result<void> check_data_dir(const std::string& data_dir) {
  CHECK_OK(Layout::of(data_dir));
  const std::filesystem::path path = data_dir;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  if (!std::filesystem::is_directory(path, error))
    return fail(Code::invalid, data_dir + " is not a directory");
  if (std::filesystem::is_empty(path, error)) return {};
  for (const char* const name :
       {"supervisor.lock", "runtime.json", "images.json", "rootless", "store.db", "ca/root-key.pem",
        "logs/supervisor.log", "images.json.next"})
    if (std::filesystem::exists(path / name, error)) return {};
  if (is_just_begun(path)) return {};
  return fail(Code::invalid, data_dir + " holds files that are not a mesh's");
}

Result<void> prepare_data_dir(const Layout& layout) {
  const auto done = attempt(layout);
  if (done) return {};
  return fail(done.error().code(), "the data directory cannot be used: " + done.error().what() +
                                       "; remedy: " + remedy_for(done.error()));
}

}  // namespace mortise::runtime
