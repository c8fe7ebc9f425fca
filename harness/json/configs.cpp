#include "harness/json/configs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;

constexpr const char* variable = "PETAPROOF_CONFIGS";

bool is_config_root(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "hardware", ignored);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;  // a folder that is not there has no names
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::optional<fs::path> config_root_of(const fs::path& program) {
  const fs::path installed = program.parent_path().parent_path() / "share" / "petaproof" / "configs";
  if (is_config_root(installed)) return installed;
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (is_config_root(folder / "configs")) return folder / "configs";
    if (folder == folder.root_path()) break;
  }
  return std::nullopt;
}

fs::path config_root() {
  if (const char* chosen = std::getenv(variable); chosen != nullptr && *chosen != '\0') {
    if (is_config_root(chosen)) return chosen;
    throw Error(Domain::config, fmt::format("{}={}: no folder \"hardware\" is in it; it must name a configs folder",
                                            variable, chosen));
  }
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (const auto root = config_root_of(program)) return *root;
  throw Error(Domain::config, fmt::format("no configs folder was found beside or above {}; set {} to one",
                                          program.string(), variable));
}

fs::path config_folder(std::string_view folder) {
  return config_root() / folder;
}

fs::path find_config(std::string_view folder, const std::string& name_or_path) {
  if (is_file(name_or_path)) return name_or_path;
  const fs::path home = config_folder(folder);
  // a bare name only: a path that does not exist must not be found somewhere else
  const bool bare = !name_or_path.empty() && name_or_path.find('/') == std::string::npos;
  if (bare && is_file(home / (name_or_path + ".json"))) return home / (name_or_path + ".json");
  if (bare && name_or_path.ends_with(".json") && is_file(home / name_or_path)) return home / name_or_path;
  const auto names = names_in(home);
  throw Error(Domain::config,
              fmt::format("{}: no such file; by name there are in {}: {}", name_or_path, home.string(),
                          names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace petaproof
