#include "runtime/images.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace mortise::runtime {

namespace {

std::vector<Image> built_in() {
  return {
      {"kennethreitz/httpbin", {"mortise-demo", "httpbin", "--port", "{port}"}},
      {"mccutchen/go-httpbin", {"mortise-demo", "httpbin", "--port", "{port}"}},
      // Images to call from: idle until somebody runs a command in them.
      {"pstauffer/curl", {"sleep", "infinity"}},
      {"governmentpaas/curl-ssl", {"sleep", "infinity"}},
      {"curlimages/curl", {"sleep", "infinity"}},
  };
}

bool is_executable(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & 0111) != 0;
}

// Words apart at blanks; quotes of either kind keep blanks inside a word.
Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return fail(Code::invalid, "a quote is not closed");
  if (in_word) words.push_back(std::move(word));
  return words;
}

bool names(const std::string& known, const std::string& image) {
  return image == known || image.ends_with("/" + known);
}

std::uint16_t first_port(const model::Container& container) {
  return container.ports.empty() ? std::uint16_t{80} : container.ports.front().port;
}

}  // namespace

Result<Image> parse_image(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return fail(Code::invalid,
                fmt::format("--image {}: expected NAME=COMMAND, as in nginx=\"nginx -g 'daemon "
                            "off;'\"",
                            text));
  auto words = split_words(text.substr(equals + 1));
  if (!words) return std::unexpected(words.error().during(fmt::format("--image {}", text)));
  if (words->empty())
    return fail(Code::invalid, fmt::format("--image {}: the command is empty", text));
  return Image{image_name(text.substr(0, equals)), *std::move(words)};
}

Images::Images(std::vector<Image> more) : images_(std::move(more)) {
  for (auto& image : built_in()) images_.push_back(std::move(image));
}

Result<std::vector<std::string>> Images::command_of(const model::Container& container) const {
  auto command = container.command;
  if (command.empty()) {
    const auto wanted = image_name(container.image);
    const auto known = std::ranges::find_if(
        images_, [&wanted](const Image& image) { return names(image.name, wanted); });
    if (known == images_.end())
      return fail(Code::not_found,
                  fmt::format("no host program is known for image \"{}\": give the container a "
                              "command, or start with --image {}=COMMAND",
                              container.image, wanted.empty() ? "NAME" : wanted));
    command = known->command;
    const auto port = std::to_string(first_port(container));
    for (auto& word : command)
      if (const auto at = word.find("{port}"); at != std::string::npos) word.replace(at, 6, port);
  }
  command.insert(command.end(), container.args.begin(), container.args.end());
  return command;
}

std::string image_name(std::string_view image) {
  image = image.substr(0, image.find('@'));
  // A colon after the last slash begins the tag; before it, a registry's port.
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  image = image.substr(0, colon);
  // The first part is a registry if it looks like a host.
  const auto first = image.find('/');
  if (first != std::string_view::npos) {
    const auto host = image.substr(0, first);
    if (host == "localhost" || host.find_first_of(".:") != std::string_view::npos)
      image.remove_prefix(first + 1);
  }
  if (image.starts_with("library/")) image.remove_prefix(8);
  return std::string(image);
}

Result<std::string> find_program(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) {
    if (is_executable(program)) return program;
    if (::access(program.c_str(), F_OK) == 0) {
      return fail(Code::denied, fmt::format("program \"{}\" cannot be executed", program));
    }
    return fail(Code::not_found, fmt::format("program \"{}\" not found", program));
  }
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    const auto folder = path.substr(at, end - at);
    const auto candidate = folder + "/" + program;
    if (!folder.empty() && is_executable(candidate)) return candidate;
    at = end + 1;
  }
  return fail(Code::not_found, fmt::format("program \"{}\" not found in PATH", program));
}

}  // namespace mortise::runtime
