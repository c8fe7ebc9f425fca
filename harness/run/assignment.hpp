// Which rank uses which device.
//
// One rank, one device. A scheduler may show every rank all devices of its node, one each (all with index 0), or
// subsets that overlap; so devices are told apart by UUID and given out as a matching. Where nothing stands against
// it a rank takes device number (its place on the node) modulo (how many it sees), which is what people expect.
#pragma once

#include <string>
#include <vector>

#include "harness/run/world.hpp"

namespace petaproof {

/// What one rank sees; the device with index i of its process is `uuids[i]`.
struct Seat {
  int rank = 0;
  int node = 0;
  std::string host;
  /// Empty: no device. An empty UUID: a device that ranks may share, the host.
  std::vector<std::string> uuids;
};

struct Place {
  int index = 0;    // of the device, in this process's own numbering
  int sharers = 1;  // ranks that use the same device
  bool operator==(const Place&) const = default;
};

struct Assignment {
  std::vector<Place> places;  // one for each seat, in their order
  /// Why there is none: "5 ranks on n17 see 4 GPUs between them; ...". `places` is empty then.
  std::string problem;

  /// Whether any device that has a UUID is used by several ranks.
  bool shared = false;
};

/// `seats` in rank order. With `share`, ranks beyond the number of devices double up, as evenly as what they see
/// allows, and no device is shared that need not be. A pure function.
Assignment assign_devices(const std::vector<Seat>& seats, bool share);

/// The same for the ranks of a world, each of which brings its seat: this rank's place, and whether any rank shares.
/// Collective; throws CommonError(mpi) with the problem.
struct OwnPlace {
  Place place;
  bool shared = false;
};
OwnPlace take_place(const Seat& mine, bool share, World& world);

}  // namespace petaproof
