// Finding suites, claims and hardware files, in the source tree, in the build tree and installed alike.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace petaproof {

/// The `configs` folder: $PETAPROOF_CONFIGS if set, else share/petaproof/configs beside the program's bin
/// folder, else the nearest `configs` (with `hardware` in it) above the program. Error(config) if there is
/// none.
std::filesystem::path config_root();

/// The same below any program file, without the environment; nothing if there is none.
std::optional<std::filesystem::path> config_root_of(const std::filesystem::path& program);

/// One of its folders: "suites", "claims", "hardware", "acceptance", "schema".
std::filesystem::path config_folder(std::string_view folder);

/// A file that a user named by its path, or by its bare name in `folder`: "smoke" is
/// configs/suites/smoke.json. Error(config), with the names that exist, if there is no such file.
std::filesystem::path find_config(std::string_view folder, const std::string& name_or_path);

}  // namespace petaproof
