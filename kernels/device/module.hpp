// Loads a module of workloads at run time. The program links no CUDA library: everything that needs one lives in
// libpetaproof_cuda.so, whose workloads and backend register themselves as it loads, so that a machine without a
// driver still starts in milliseconds and says what is missing.
#pragma once

#include <string>
#include <vector>

namespace petaproof {

/// Loads lib/libpetaproof_<name>.so from beside the program (or $PETAPROOF_MODULE_DIR), once, with an environment
/// that makes no library substitute another computation (environment.hpp). Returns an empty text, or why it could not
/// be loaded: "libcublasLt.so.13 is missing". The reason is also given to the registry, for the workloads that the
/// module would have brought.
std::string load_module(const std::string& name);

/// The files of the modules that are loaded, for their hashes.
std::vector<std::string> loaded_modules();

/// The library named in a dlopen failure, turned into a sentence; the failure itself where it has another shape.
std::string explain_load_failure(const std::string& dlerror_text, const std::string& path);

}  // namespace petaproof
