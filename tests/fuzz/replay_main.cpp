#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

/// Runs a fuzz target once over every file in the folders given, in the order of their names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_regular_file(argv[i])) files.emplace_back(argv[i]);
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator{argv[i]})
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::cerr << "no files to replay: give a corpus folder\n";
    return 2;
  }
  for (const auto& path : files) {
    std::ifstream in{path, std::ios::binary};
    const std::vector<char> raw{std::istreambuf_iterator<char>{in}, {}};
    const std::vector<std::uint8_t> data(raw.begin(), raw.end());
    // Before the run: a crash names its file.
    std::cout << path.filename().string() << '\n' << std::flush;
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  std::cout << files.size() << " files\n";
}
