#include "harness/run/rank_devices.hpp"

#include <fmt/format.h>

#include "harness/record/provenance.hpp"
#include "harness/record/sha256.hpp"
#include "kernels/device/error.hpp"
#include "kernels/device/module.hpp"
#include "kernels/registry.hpp"

namespace petaproof {

std::string why_no_device(const std::string& name) {
  const Backend* backend = Registry::instance().backend(name);
  if (!backend) return fmt::format("there is no backend \"{}\" in this process", name);
  if (backend->device_count() > 0) return {};
  const std::string why = backend->why_none();
  return why.empty() ? fmt::format("no device of backend {} is visible", name) : why;
}

RankDevices::RankDevices(const std::string& wanted, bool share, World& world) : world_(world) {
  choose_backend(wanted);
  choose_device(share);
}

void RankDevices::choose_backend(const std::string& wanted) {
  if (wanted == "host") {
    why_no_gpu_ = "as asked";
    return;
  }
  why_no_gpu_ = load_module("cuda");
  if (why_no_gpu_.empty()) why_no_gpu_ = why_no_device("cuda");
  // not an error where cuda is asked for: its cases are then not_supported, each with this reason
  if (wanted == "cuda" || why_no_gpu_.empty()) backend_ = "cuda";
  require_agreement("the backend", why_no_gpu_.empty() ? backend_ : fmt::format("{} ({})", backend_, why_no_gpu_),
                    world_, "start ranks only where each has a GPU, or say --backend host");
}

void RankDevices::choose_device(bool share) {
  Seat seat{.rank = world_.rank(), .node = world_.node(), .host = host_name(), .uuids = {}};
  try {
    if (const Backend* backend = Registry::instance().backend(backend_))
      for (int i = 0; i < backend->device_count(); ++i) seat.uuids.push_back(backend->uuid(i));
  } catch (const Error& error) {  // told with this rank's identity: the others are about to gather
    seat.uuids.clear();
    place_error_ = error.what();
  }
  place_ = take_place(seat, share, world_);
  if (place_.shared) environment_set_ = allow_sharing(world_.rank());
  if (backend_ != "host") set_error_identity(world_.library().empty() ? -1 : world_.rank(), place_.place.index);
}

RankIdentity RankDevices::identity(Telemetry& telemetry) {
  RankIdentity mine{.rank = world_.rank(),
                    .node = world_.node(),
                    .host = host_name(),
                    .device_name = {},
                    .device_uuid = {},
                    .cpus = usable_cpus(),
                    .binary_hash = {},
                    .error = place_error_,
                    .device_index = place_.place.index,
                    .unset = unset_variables(),
                    .gpu = {}};
  if (!mine.error.empty()) return mine;
  try {
    mine.binary_hash = sha256_of_file("/proc/self/exe");
    for (const std::string& module : loaded_modules()) mine.binary_hash += "+" + sha256_of_file(module);
    if (const Device* device = open(backend_)) {
      mine.device_name = device->facts().name;
      mine.device_uuid = device->facts().uuid;
      mine.gpu = telemetry.identity_of(device->facts());
    }
  } catch (const Error& error) {
    mine.error = error.what();
  }
  return mine;
}

Device* RankDevices::open(const std::string& backend) {
  if (const auto known = devices_.find(backend); known != devices_.end()) return known->second.get();
  const Backend* found = Registry::instance().backend(backend);
  if (!found || found->device_count() == 0) return nullptr;
  const Place place = backend == backend_ ? place_.place : Place{.index = 0, .sharers = world_.node_size()};
  return (devices_[backend] = found->open(place.index, place.sharers)).get();
}

}  // namespace petaproof
