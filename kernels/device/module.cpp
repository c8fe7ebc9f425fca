#include "kernels/device/module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <vector>

#include "kernels/device/environment.hpp"
#include "kernels/registry.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;

// Build tree and installed tree alike: bin/petaproof and lib/libpetaproof_cuda.so.
std::vector<fs::path> candidate_folders() {
  if (const char* chosen = std::getenv("PETAPROOF_MODULE_DIR")) return {chosen};
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  return {program / "../lib", program};
}

std::vector<std::string>& loaded() {
  static std::vector<std::string> files;
  return files;
}

std::string open_module(const std::string& name) {
  const std::string file = fmt::format("libpetaproof_{}.so", name);
  for (const fs::path& folder : candidate_folders()) {
    const fs::path path = folder / file;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    // kept open for good: its workloads' code lives there
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      loaded().push_back(path.string());
      return {};
    }
    return explain_load_failure(dlerror(), path.string());
  }
  return fmt::format("{} is not there (this build has no module \"{}\")", file, name);
}

// A library that is there and lacks a function is an older one than this build was linked with.
std::string explain_missing_symbol(const std::string& dlerror_text) {
  static constexpr std::string_view key = "undefined symbol: ";
  static constexpr std::pair<std::string_view, std::string_view> libraries[] = {
      {"nccl", "NCCL (libnccl.so.2)"}, {"cublasLt", "cuBLASLt (libcublasLt.so)"}, {"cudnn", "cuDNN (libcudnn.so)"}};
  const auto at = dlerror_text.find(key);
  if (at == std::string::npos) return dlerror_text;
  const std::string symbol =
      dlerror_text.substr(at + key.size(), dlerror_text.find_first_of(", \n", at + key.size()) - (at + key.size()));
  for (const auto& [prefix, library] : libraries)
    if (symbol.starts_with(prefix))
      return fmt::format("{} is older than this build needs: it has no {}", library, symbol);
  return dlerror_text;
}

}  // namespace

std::vector<std::string> loaded_modules() {
  return loaded();
}

std::string explain_load_failure(const std::string& dlerror_text, const std::string& path) {
  // "libcublasLt.so.13: cannot open shared object file: No such file or directory"
  const auto colon = dlerror_text.find(": cannot open shared object file");
  if (colon == std::string::npos) return explain_missing_symbol(dlerror_text);
  const std::string library = dlerror_text.substr(0, colon);
  return library == path ? fmt::format("{} cannot be opened", path) : fmt::format("{} is missing", library);
}

std::string load_module(const std::string& name) {
  static std::map<std::string, std::string> results;
  if (const auto known = results.find(name); known != results.end()) return known->second;
  unset_substitutions();  // before the first library that would heed them
  const std::string error = open_module(name);
  if (!error.empty()) Registry::instance().set_module_error(name, error);
  return results[name] = error;
}

}  // namespace petaproof
