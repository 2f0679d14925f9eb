#include "runtime/id_mapping.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "runtime/files.h"
#include "runtime/layout.h"

namespace mortise::runtime {

namespace {

constexpr std::uint32_t kMostIds = 65'536;  // beside our own; what adduser(8) gives to a user
constexpr const char* kUidFile = "/etc/subuid";
constexpr const char* kGidFile = "/etc/subgid";

struct User {
  std::string name;  // empty: nobody knows them
  gid_t group = 0;
};

User this_user() {
  std::array<char, 16 * 1024> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found)
    return {};
  return {found->pw_name, found->pw_gid};
}

Result<std::string> find_tool(const char* name) {
  const char* const path = std::getenv("PATH");
  return find_program(name, path != nullptr ? path : "");
}

// Up to kMostIds of either kind, equally many.
void read_ranges(const User& user, std::vector<IdRange>& uids, std::vector<IdRange>& gids) {
  const auto own = [&user](const char* file) {
    return ranges_of(read_file(file).value_or(""), user.name, ::getuid());
  };
  const auto all_uids = own(kUidFile);
  const auto all_gids = own(kGidFile);
  const auto both = std::min({total_of(all_uids), total_of(all_gids), kMostIds});
  uids = cut_to(all_uids, both);
  gids = cut_to(all_gids, both);
}

Requirement look_at_tools() {
  Requirement requirement{
      .name = "newuidmap", .met = true, .problem = {}, .remedy = "sudo apt-get install uidmap"};
  for (const char* const name : {"newuidmap", "newgidmap"}) {
    const auto found = find_tool(name);
    if (found) continue;
    requirement.met = false;
    requirement.problem = found.error().what();
    break;
  }
  return requirement;
}

Requirement look_at_user(const User& user) {
  const bool is_known = !user.name.empty();
  return {.name = "user name",
          .met = is_known,
          .problem = is_known ? "" : fmt::format("uid {} has no name in /etc/passwd", ::getuid()),
          .remedy = "sudo useradd gives it one"};
}

Requirement look_at_ranges(const User& user) {
  std::vector<IdRange> uids;
  std::vector<IdRange> gids;
  read_ranges(user, uids, gids);
  const auto files = read_file(kUidFile).value_or("") + "\n" + read_file(kGidFile).value_or("");
  const auto first = first_free(files);
  const bool is_enough = total_of(uids) >= kUidsNeeded;
  return {.name = "subordinate ids",
          .met = is_enough,
          .problem = is_enough
                         ? ""
                         : fmt::format("{} and {} give user {} {} ids of both kinds; a mesh "
                                       "needs {} for its sidecars and programs",
                                       kUidFile, kGidFile, user.name, total_of(uids), kUidsNeeded),
          .remedy = fmt::format("sudo usermod --add-subuids {0}-{1} --add-subgids {0}-{1} {2}",
                                first, first + kMostIds - 1, user.name)};
}

// `own` becomes 0, the ranges 1 and up.
std::vector<std::string> words_for(const std::string& tool, pid_t target, id_t own,
                                   const std::vector<IdRange>& ranges) {
  std::vector<std::string> words{tool, std::to_string(target), "0", std::to_string(own), "1"};
  std::uint32_t inside = 1;
  for (const auto& range : ranges) {
    for (const auto number : {inside, range.first, range.count})
      words.push_back(std::to_string(number));
    inside += range.count;
  }
  return words;
}

// In the child: 0, or the tool's failure, which it explains on standard error.
int run_tool(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int tool = ::fork();
  if (tool < 0) return -1;
  if (tool == 0) {
    ::execv(argv.front(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  // Writes one file, then ends.
  while (::waitpid(tool, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Result<std::pair<io::Descriptor, io::Descriptor>> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe");
  return std::pair{io::Descriptor(ends[0]), io::Descriptor(ends[1])};
}

}  // namespace

std::vector<Requirement> IdMapping::requirements() {
  const auto user = this_user();
  if (const auto known = look_at_user(user); !known.met) return {known};
  return {look_at_tools(), look_at_ranges(user)};
}

Result<IdMapping> IdMapping::of_this_user() {
  IdMapping mapping;
  TRY(mapping.newuidmap_, find_tool("newuidmap"));
  TRY(mapping.newgidmap_, find_tool("newgidmap"));
  read_ranges(this_user(), mapping.uids_, mapping.gids_);
  return mapping;
}

Result<Mapper> IdMapping::prepare() const {
  TRY(auto go, make_pipe());
  TRY(auto answer, make_pipe());
  const auto target = ::getpid();
  const std::array tools = {words_for(newuidmap_, target, ::getuid(), uids_),
                            words_for(newgidmap_, target, ::getgid(), gids_)};
  const int child = ::fork();
  if (child < 0) return fail_errno("fork");
  if (child > 0) return Mapper(child, std::move(go.second), std::move(answer.first));
  go.second.reset();
  char word = 0;
  // Without a word the parent failed or died: then its namespace needs no map.
  if (::read(go.first.get(), &word, 1) != 1) ::_exit(0);
  if (::dup2(answer.second.get(), 2) < 0) ::_exit(1);
  for (const auto& tool : tools)
    if (run_tool(tool) != 0) ::_exit(1);
  ::_exit(0);
}

Result<void> Mapper::map_parent() {
  if (::write(go_.get(), "g", 1) != 1) return fail_errno("map user ids");
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0)  // two tools that write one file each
    if (errno != EINTR) return fail_errno("map user ids");
  if (status == 0) return {};
  std::array<char, 512> said{};
  const auto size = std::max<ssize_t>(::read(answer_.get(), said.data(), said.size()), 0);
  std::string_view text(said.data(), static_cast<std::size_t>(size));
  while (text.ends_with('\n')) text.remove_suffix(1);
  return fail(Code::unavailable,
              fmt::format("newuidmap and newgidmap refuse: {}; /etc/subuid and /etc/subgid say "
                          "what they allow",
                          text.empty() ? "no reason given" : text));
}

}  // namespace mortise::runtime
