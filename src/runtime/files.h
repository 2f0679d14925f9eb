// runtime/files.h — small files, whole: read, replace in one step, rewrite in place.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mortise::runtime {

// exhausted: larger than `limit`. not_found: there is none.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64 << 20);
// The last line of a log, shortened and without control characters; empty if there is none.
std::string last_line(const std::string& path);
// Readers see the old or the new text, never a mixture.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode);
// Keeps the inode, which is bind-mounted elsewhere. Writes nothing if the text is the same.
Result<void> rewrite_file(const std::string& path, std::string_view text, mode_t mode);
// Makes the last part unless it exists; sets the mode, and the owner if one is given, either way.
Result<void> make_dir(const std::string& path, mode_t mode, std::optional<uid_t> owner = {});
// Removes a file or a folder with everything in it. Nothing there is success.
Result<void> remove_all(const std::string& path);

}  // namespace mortise::runtime
