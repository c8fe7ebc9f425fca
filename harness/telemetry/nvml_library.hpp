// Loads NVML at run time: libnvidia-ml.so.1 comes with the driver, and a machine without one must still start.
#pragma once

#include <string>

#include "harness/telemetry/nvml.hpp"

namespace petaproof {

class NvmlLibrary {
 public:
  /// Loads libnvidia-ml.so.1, or the file that $PETAPROOF_NVML names, and starts NVML. Throws Error(loading) with
  /// what is missing. Neither unloaded nor shut down again: the process ends soon after, and a driver that hangs must
  /// not hang its end too.
  NvmlLibrary();

  const nvml::Functions& call() const { return functions_; }
  const std::string& file() const { return file_; }
  /// "535.129.03"; empty where it cannot be read.
  const std::string& driver_version() const { return driver_version_; }
  const std::string& nvml_version() const { return nvml_version_; }

  /// "Not Supported (NVML error 3)"
  std::string explain(nvml::Return code) const;

 private:
  std::string file_;
  nvml::Functions functions_{};
  std::string driver_version_;
  std::string nvml_version_;
};

}  // namespace petaproof
