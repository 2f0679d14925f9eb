// The main of the replay programs: gives each file of a corpus to one fuzzer's function.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

bool replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return false;
  // A vector of exactly this size, so that AddressSanitizer sees a read past the end.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
    return 64;
  }
  std::error_code problem;
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], problem)) {
    if (!entry.is_regular_file()) continue;
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);  // a crash should name its file
    if (!replay(entry.path())) {
      std::fprintf(stderr, "%s cannot be read\n", entry.path().c_str());
      return 1;
    }
    ++replayed;
  }
  if (problem || replayed == 0) {
    std::fprintf(stderr, "%s: %s\n", argv[1], problem ? problem.message().c_str() : "no inputs");
    return 1;
  }
  return 0;
}
