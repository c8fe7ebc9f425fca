// cuDNN itself: its C++ frontend, the library as it is loaded, and its errors as ours. Included where graphs are
// described and nowhere else, for the frontend takes a minute and 2 GB to compile.
#pragma once

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <source_location>
#include <string>
#include <string_view>

#include "kernels/attention/cuda/cudnn_attention.hpp"
#include "kernels/device/cuda/check.hpp"

namespace petaproof::cudnn {

// The GPU that graphs are described for where that is not the one that is here.
inline thread_local const DescribedGpu* described_gpu = nullptr;
struct Describing {
  explicit Describing(const DescribedGpu& gpu) { described_gpu = &gpu; }
  Describing(const Describing&) = delete;
  ~Describing() { described_gpu = nullptr; }
};

// The frontend looks for the CUDA runtimes that it knows, and throws where a machine has two: only ours is meant.
inline void* open_library(const char* name, int flags) {
  static const std::string ours = fmt::format("libcudart.so.{}", CUDART_VERSION / 1000);
  return std::string_view(name).starts_with("libcudart.so") && name != ours ? nullptr : dlopen(name, flags);
}

// And it asks the runtime which GPU a graph is for, though it was told.
inline cudaError_t current_device(int* device) {
  if (!described_gpu) return cudaGetDevice(device);
  *device = 0;
  return cudaSuccess;
}
inline cudaError_t device_properties(cudaDeviceProp* properties, int device) {
  if (!described_gpu) return cudaGetDeviceProperties(properties, device);
  *properties = {};
  properties->major = described_gpu->capability / 10;
  properties->minor = described_gpu->capability % 10;
  properties->multiProcessorCount = described_gpu->multiprocessors;
  return cudaSuccess;
}
inline void* find_symbol(void* library, const char* name) {
  if (std::string_view(name) == "cudaGetDevice") return reinterpret_cast<void*>(&current_device);
  if (std::string_view(name) == "cudaGetDeviceProperties") return reinterpret_cast<void*>(&device_properties);
  return dlsym(library, name);
}

}  // namespace petaproof::cudnn

// the library's functions are looked up in what cudnn_dlhandle points to
#define NV_CUDNN_FRONTEND_USE_DYNAMIC_LOADING
#define CUDNN_FRONTEND_SKIP_JSON_LIB
#define dlopen petaproof::cudnn::open_library
#define dlsym petaproof::cudnn::find_symbol
#include <cudnn_frontend.h>
#undef dlopen
#undef dlsym

namespace petaproof::cudnn {

namespace fe = cudnn_frontend;

// Once in a process; empty if all is well.
inline const std::string& load_cudnn() {
  static const std::string why_not = [] {
    for (const char* library :
         {"libcudnn.so.9", PETAPROOF_CUDNN_LIBRARY}) {  // where a loader looks, or the build did
      fe::cudnn_dlhandle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
      if (fe::cudnn_dlhandle) return std::string();
    }
    const char* error = dlerror();
    return fmt::format("cuDNN 9 cannot be loaded: {}", error ? error : "libcudnn.so.9");
  }();
  return why_not;
}

inline void check_status(cudnnStatus_t status, const char* what, std::source_location where) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw Error(Domain::cudnn, status, what, fmt::format("{}: {}", what, fe::detail::get_error_string(status)),
              detail::context_is_broken() ? Error::Kind::sticky : Error::Kind::local, where);
}

inline void check_run(fe::error_t error, const char* what, std::source_location where) {
  if (error.is_good()) return;
  throw Error(Domain::cudnn, static_cast<long>(error.get_code()), what,
              fmt::format("{}: {}", what, error.get_message()),
              detail::context_is_broken() ? Error::Kind::sticky : Error::Kind::local, where);
}

// What says that something is wrong, and not that there is no engine.
inline bool is_broken(fe::error_code_t code) {
  using Code = fe::error_code_t;
  return code == Code::CUDA_API_FAILED || code == Code::INVALID_CUDA_DEVICE || code == Code::HANDLE_ERROR;
}

// After the first line the library goes through its engines, pages of it, in names of its own.
inline std::string in_short(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  return line.substr(0, line.find(" for __"));
}

// What the library refuses while a plan is made is not supported: shapes, types, masks, an old GPU.
inline void check_plan(fe::error_t error, const char* what, std::source_location where) {
  if (error.is_good()) return;
  if (is_broken(error.get_code())) return check_run(error, what, where);
  throw Error(
      Domain::not_supported, static_cast<long>(error.get_code()), what,
      fmt::format("cuDNN {} has no engine for this attention: {}", cudnn_version(), in_short(error.get_message())),
      Error::Kind::local, where);
}

#define PETAPROOF_CUDNN(expr) check_status((expr), #expr, std::source_location::current())
#define PETAPROOF_CUDNN_PLAN(expr) check_plan((expr), #expr, std::source_location::current())
#define PETAPROOF_CUDNN_RUN(expr) check_run((expr), #expr, std::source_location::current())

}  // namespace petaproof::cudnn
