// NCCL among the ranks of a group, set up over their Communicator: no MPI here.
//
// One per process, kept from case to case: setting NCCL up takes seconds on a large cluster. What becomes of it is
// agreed by all ranks at the beginning of a case: if it is broken on one, each drops its own part, locally, and they
// set up a new one together. Nothing is destroyed collectively, least of all in a destructor.
#pragma once

#include <nccl.h>

#include <string>
#include <utility>
#include <vector>

#include "collectives/communicator.hpp"

namespace petaproof::nccl {

class Connection {
 public:
  /// This process's.
  static Connection& instance();

  Connection() = default;
  ~Connection() { drop(); }

  /// Joins the ranks of `among`, each on the CUDA device that is current, unless they are joined already. Returns
  /// false where another rank failed: this one must go no further, and is told why in the ranks' next meeting. Throws
  /// Error(nccl) for this rank's own failure, Error(not_supported) for a NCCL that is too old. Collective.
  bool join(Communicator& among, const Device& device);

  /// For use until the next join().
  ncclComm_t comm() const { return comm_; }

  /// Throws Error(nccl) if an operation that was enqueued has failed since (a link went down). Not while capturing.
  void check_async();

  /// Marks it broken: the next join() sets it up anew, on every rank.
  void give_up() { broken_ = true; }

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

 private:
  bool usable(const Communicator& among, const Device& device) const;
  bool connect(Communicator& among, const Device& device);
  void drop() noexcept;

  ncclComm_t comm_ = nullptr;
  const Communicator* among_ = nullptr;
  std::string device_uuid_;
  bool broken_ = false;
};

/// For records: the version that is loaded and the one that this was compiled against.
std::vector<std::pair<std::string, std::string>> version_notes();

}  // namespace petaproof::nccl
