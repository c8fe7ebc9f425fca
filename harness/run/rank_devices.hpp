// The devices of one rank: which backend the run has, which of its devices is this rank's, and opening them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/assignment.hpp"
#include "harness/run/preflight.hpp"
#include "harness/run/world.hpp"
#include "harness/telemetry/telemetry.hpp"
#include "kernels/device/device.hpp"

namespace petaproof {

/// Why this process has no device of a backend; empty if it has one.
std::string why_no_device(const std::string& backend);

class RankDevices {
 public:
  /// Loads the CUDA module unless `wanted` is "host" ("auto", "host", "cuda"), and gives each rank its place on a
  /// device. Before any library of the module is called: sharing has to be in its environment by then. Collective;
  /// throws CommonError(mpi) where the ranks differ in what they found, or would share a GPU without `share`.
  RankDevices(const std::string& wanted, bool share, World& world);

  const std::string& backend() const { return backend_; }
  /// "as asked", or what stands against it; empty where the backend is cuda and there is a GPU.
  const std::string& why_no_gpu() const { return why_no_gpu_; }
  /// Whether any two ranks have the same device, which `share` allowed.
  bool shared() const { return place_.shared; }
  /// By the program itself, so that ranks may share; what differs between ranks does so by the rank's number.
  const std::vector<Variable>& environment_set() const { return environment_set_; }

  /// What this rank tells the others of itself; what it could not find out is in `error`. `telemetry` is asked about
  /// its GPU.
  RankIdentity identity(Telemetry& telemetry);

  /// Opened once. Null if this process has no such backend or no device of it.
  Device* open(const std::string& backend);

 private:
  void choose_backend(const std::string& wanted);
  void choose_device(bool share);

  World& world_;
  std::string backend_ = "host";
  std::string why_no_gpu_;
  OwnPlace place_;           // on a device of backend_
  std::string place_error_;  // why the devices could not be listed
  std::vector<Variable> environment_set_;
  std::map<std::string, std::unique_ptr<Device>> devices_;
};

}  // namespace petaproof
